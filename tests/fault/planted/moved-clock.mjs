// Loaded into real services before they start: their wall clock is off by the milliseconds that a file says, and jumps
// when the file changes. Only the clock that `Date` reads is moved, as by an operator or by NTP; timers and
// `performance.now()` run on, as they do in a real jump.
import { readFileSync } from 'node:fs';

const FILE = process.env['CLOCK_FILE'] ?? '';
const LOOK_EVERY_MS = 20;
const RealDate = Date;
let offsetMs = 0;

const look = () => {
  try {
    offsetMs = Number(readFileSync(FILE, 'utf8'));
  } catch {
    // Nobody has moved it.
  }
};
look();
setInterval(look, LOOK_EVERY_MS).unref();

const now = () => RealDate.now() + offsetMs;
globalThis.Date = new Proxy(RealDate, {
  construct: (real, args, target) => Reflect.construct(real, args.length === 0 ? [now()] : args, target),
  apply: () => new RealDate(now()).toString(),
  get: (real, key) => (key === 'now' ? now : Reflect.get(real, key)),
});
