// Loaded into real services before they start. Shifts their wall clock by the milliseconds in a file, and jumps when the file
// changes. As with a real change by an operator or NTP, timers and `performance.now()` are not affected.
import { readFileSync } from 'node:fs';

const FILE = process.env['CLOCK_FILE'] ?? '';
const READ_EVERY_MS = 20;
const RealDate = Date;
let offsetMs = 0;

const readOffset = () => {
  try {
    offsetMs = Number(readFileSync(FILE, 'utf8'));
  } catch {
    // There is no file as long as the clock is not shifted.
  }
};
readOffset();
setInterval(readOffset, READ_EVERY_MS).unref();

const now = () => RealDate.now() + offsetMs;
globalThis.Date = new Proxy(RealDate, {
  construct: (real, args, target) => Reflect.construct(real, args.length === 0 ? [now()] : args, target),
  apply: () => new RealDate(now()).toString(),
  get: (real, key) => (key === 'now' ? now : Reflect.get(real, key)),
});
