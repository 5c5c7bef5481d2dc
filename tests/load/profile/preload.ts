// Loaded into every process of a server by NODE_OPTIONS=--import. Records a CPU profile from one SIGUSR2 to the next.
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const session = new Session();
const delay = monitorEventLoopDelay({ resolution: 1 });
let isRunning = false;

async function toggle(): Promise<void> {
  if (!isRunning) {
    isRunning = true;
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: 200 });
    await session.post('Profiler.start');
    delay.enable();
    return;
  }
  delay.disable();
  const { profile } = await session.post('Profiler.stop');
  const loopDelayMs = {
    p50: delay.percentile(50) / 1e6,
    p99: delay.percentile(99) / 1e6,
    max: delay.max / 1e6,
  };
  writeFileSync(
    join(process.env['PROFILE_DIR'] ?? '.', `${process.pid}.json`),
    JSON.stringify({ profile, loopDelayMs }),
  );
}

process.on('SIGUSR2', () => void toggle());
