import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { MigrationInterface } from 'typeorm';

const APPS = resolve(import.meta.dirname, '../../apps');

/** The services with a database. */
export const STORES = ['auth', 'chat', 'gateway'] as const;

/** Returns the folder of a service's migrations. */
const FOLDERS = { auth: 'src/database', chat: 'src/database', gateway: 'src/store/sqlite/migrations' };

/** Returns the migrations in a service's folder, the oldest first. */
export async function migrationsOf(
  store: (typeof STORES)[number],
): Promise<(new () => MigrationInterface)[]> {
  const folder = join(APPS, store, FOLDERS[store]);
  const files = readdirSync(folder).filter((name) => /-\d{13}\.ts$/.test(name));
  const found = await Promise.all(
    files.map(async (name) => ({
      version: name.slice(-16),
      module: (await import(join(folder, name))) as Record<string, new () => MigrationInterface>,
    })),
  );
  return found
    .toSorted((a, b) => a.version.localeCompare(b.version))
    .flatMap(({ module }) => Object.values(module));
}
