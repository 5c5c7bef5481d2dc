import type { Readable } from 'node:stream';
import { PIECE_BYTES, type Scanner } from './scanner.js';

/** How long it may take until what is said at the audit's end has come by the pipe. */
const LIMIT_MS = 60_000;

/** What a pipe has brought. */
interface Handed {
  /** Whether all that was logged until the audit's end is in it. */
  readonly complete: boolean;
  readonly bytes: number;
  /** Labels of what was found. */
  readonly labels: string[];
  /** The services whose lines are in it. */
  readonly speakers: string[];
}

/** Returns which service wrote a line. */
const speakerOf = (line: string): string | undefined =>
  /"service":"(\w+)"/.exec(line)?.[1] ?? (/\[\d+\] \d{4}\/\d\d\/\d\d /.test(line) ? 'nats' : undefined);

/**
 * Reads and scans the services' output by a pipe, where it goes to no file that the audit can see, until it has ended or has
 * brought the last line of interest a second time. A
 * pipe into which the log so far is written again and again has then brought all services' lines the first time.
 * @param input nothing of it is read before: what is written meanwhile waits
 * @param isLast recognises the line that a service logs at the audit's end, once
 */
export async function readHanded(
  input: Readable,
  scanner: Scanner,
  isLast: (line: string) => boolean,
  limitMs = LIMIT_MS,
): Promise<Handed> {
  let bytes = 0;
  let rest: Buffer = Buffer.alloc(0);
  let line = '';
  let seen = 0;
  let ended = false;
  const labels = new Set<string>();
  const speakers = new Set<string>();
  const timer = setTimeout(() => input.destroy(new Error('the pipe brought no end in time')), limitMs);
  try {
    for await (const piece of input) {
      const chunk = piece as Buffer;
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
