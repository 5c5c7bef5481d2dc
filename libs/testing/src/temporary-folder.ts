import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Creates a temporary folder.
 * @returns its path, and a function that removes it with its content
 */
export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'secure-chat-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
