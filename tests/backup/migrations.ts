import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { MigrationInterface } from 'typeorm';

const APPS = resolve(import.meta.dirname, '../../apps');

/** The services with a database. */
export const STORES = ['auth', 'chat', 'gateway'] as const;

/** Returns the migrations of a service, the oldest first, from its folder. */
export async function migrationsOf(
  store: (typeof STORES)[number],
): Promise<(new () => MigrationInterface)[]> {
  const folder = join(APPS, store, 'src');
  const files = readdirSync(folder, { encoding: 'utf8', recursive: true }).filter((name) =>
    /-\d{13}\.ts$/.test(name),
  );
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
