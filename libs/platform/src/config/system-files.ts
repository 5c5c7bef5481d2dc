import { closeSync, fsyncSync, openSync } from 'node:fs';

/** The system's code for what went wrong, such as ENOENT; `unknown` where there is none. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}

/** Has the names in a folder on disk: a new file is there after a power cut when its folder is. */
export function syncFolder(folder: string): void {
  // Windows knows no such thing and needs none.
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
