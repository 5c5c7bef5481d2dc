import { readdir, readFile, readlink } from 'node:fs/promises';

/** How many processes are listed at most. */
const MAX_LISTED = 5;

/**
 * Lists the other processes that have a database open, each as its id and the name of its program. Works on Linux alone, for
 * processes of the same user; what cannot be read is left out.
 * @param file the absolute path of the database
 */
export async function otherProcessesWith(file: string): Promise<string[]> {
  const found: string[] = [];
  for (const id of await list('/proc')) {
    if (found.length === MAX_LISTED) break;
    if (!/^\d+$/.test(id) || id === String(process.pid) || !(await hasOpen(id, file))) continue;
    const name = await readFile(`/proc/${id}/comm`, 'utf8').catch(() => '');
    found.push(`${id} ${name.trim()}`.trim());
  }
  return found;
}

async function hasOpen(processId: string, file: string): Promise<boolean> {
  const folder = `/proc/${processId}/fd`;
  for (const descriptor of await list(folder))
    if ((await readlink(`${folder}/${descriptor}`).catch(() => '')) === file) return true;
  return false;
}

function list(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
