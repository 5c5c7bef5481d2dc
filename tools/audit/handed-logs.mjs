// The services' output as it is handed over by a pipe, where it goes to no file that the audit can see.
import { PIECE_BYTES } from './scanner.mjs';

/** How long it may take until what is said at the audit's end has come by the pipe. */
const LIMIT_MS = 60_000;

/**
 * @typedef {object} Handed
 * @property {boolean} complete whether all that was said until the audit's end is in it
 * @property {number} bytes
 * @property {string[]} labels of what was found
 * @property {string[]} speakers whose lines are in it
 */

/** Whose line it is. @param {string} line @returns {string | undefined} */
const speakerOf = (line) =>
  /"service":"(\w+)"/.exec(line)?.[1] ?? (/\[\d+\] \d{4}\/\d\d\/\d\d /.test(line) ? 'nats' : undefined);

/**
 * Reads and scans a pipe until all is there: it has ended, or has brought the last line of interest a second time. A
 * pipe into which the log so far is written again and again has then brought all services' lines the first time.
 * @param {import('node:stream').Readable} input nothing of it is read before: what is written meanwhile waits
 * @param {import('./scanner.mjs').Scanner} scanner
 * @param {(line: string) => boolean} isLast tells the line that a service says at the audit's end, once
 * @param {number} [limitMs]
 * @returns {Promise<Handed>}
 */
export async function readHanded(input, scanner, isLast, limitMs = LIMIT_MS) {
  let bytes = 0;
  let rest = Buffer.alloc(0);
  let line = '';
  let seen = 0;
  let ended = false;
  /** @type {Set<string>} */
  const labels = new Set();
  /** @type {Set<string>} */
  const speakers = new Set();
  const timer = setTimeout(() => input.destroy(new Error('the pipe brought no end in time')), limitMs);
  try {
    for await (const chunk of input) {
      bytes += chunk.length;
      // A piece may begin in one chunk and end in the next.
      const buffer = Buffer.concat([rest, chunk]);
      for (const { label } of scanner.inBytes(buffer)) labels.add(label);
      rest = buffer.subarray(Math.max(0, buffer.length - PIECE_BYTES + 1));
      const lines = (line + chunk.toString('latin1')).split('\n');
      line = lines.pop() ?? '';
      for (const one of lines) {
        const speaker = speakerOf(one);
        if (speaker !== undefined) speakers.add(speaker);
        if (isLast(one)) seen += 1;
      }
      if (seen >= 2) break;
    }
    ended = true;
  } catch {
    // The time is over, or the pipe has broken: what came until then is judged, as incomplete.
  } finally {
    clearTimeout(timer);
  }
  return { complete: ended && seen > 0, bytes, labels: [...labels], speakers: [...speakers] };
}
