import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const INSTALLATIONS = join(import.meta.dirname, 'installations');

/** The archives of earlier versions' installations (see make-installation.mjs), the oldest first. */
export function installedArchives(): string[] {
  return readdirSync(INSTALLATIONS)
    .filter((name) => name.endsWith('.tar.gz'))
    .toSorted()
    .map((name) => join(INSTALLATIONS, name));
}
