import { fileURLToPath } from 'node:url';
import { startProgram } from './child.js';
import type { Member, ServerUnderLoad } from './server-under-load.js';

const PROGRAM = fileURLToPath(new URL('../reference.js', import.meta.url));

/**
 * Starts the reference program.
 * @param folder an empty folder for its database
 * @param environment further settings
 */
export async function startReference(
  folder: string,
  pairs: number,
  environment: Record<string, string> = {},
): Promise<ServerUnderLoad> {
  const { line, ...program } = await startProgram([PROGRAM, folder, String(pairs)], environment, (text) =>
    text.startsWith('{'),
  );
  const { url, members } = JSON.parse(line) as { url: string; members: Member[] };
  return { name: 'reference', url, members, ...program };
}
