import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

const COMPOSE = 'tests/container/compose-project.ts';
const OPERATING = 'tests/container/operating.ts';
const ACCOUNTS = 'apps/gateway/test/operator.int-spec.ts';

/** What executes a command of the documents, and what of its text does. */
type Execution = readonly [file: string, fragment: string];

/** Each command of the documents' shell blocks, and where it is executed, with values of the test's own. */
const EXECUTED: Readonly<Record<string, Execution>> = {
  'npm start': ['tests/e2e/playwright.config.ts', 'node tools/start.mjs'],
  'npm test': ['.ci/run', 'npm test'],
  'npm run check': ['.ci/run', 'npm run --silent check'],
  'npm run screenshots': ['.ci/run', 'npm run --silent screenshots'],
  'npm run licences': ['.ci/run', 'npm run --silent licences'],
  'npm run sbom': ['.ci/run', 'npm run --silent sbom'],
  'npm run audit': ['tests/audit/audited-installation.ts', "'tools/secure-chat.mjs', 'audit'"],
  'npm run keys:rotate': ['apps/chat/test/rotation.int-spec.ts', "'tools/secure-chat.mjs', 'keys-rotate'"],
  'npm run nats:rotate': ['tests/security/bus.int-spec.ts', "'tools/secure-chat.mjs', 'nats-rotate'"],
  'npm run backup -- /mnt/backups': ['tests/backup/backup.int-spec.ts', "'backup'"],
  'npm run restore -- /mnt/backups': ['tests/backup/backup.int-spec.ts', "'restore'"],
  'npm run user -- reset ann': [ACCOUNTS, ".user('reset', nameOf("],
  'npm run user -- sessions ann': [ACCOUNTS, ".user('sessions', nameOf(owner))"],
  'npm run user -- sessions ann --end': [ACCOUNTS, ".user('sessions', nameOf(owner), '--end')"],
  'npm run user -- delete ann': [ACCOUNTS, ".user('delete', nameOf("],
  'METRICS_PORT=9464 npm start': ['apps/gateway/test/telemetry.int-spec.ts', 'METRICS_PORT'],
  'docker compose up --build': [COMPOSE, "'up'"],
  'docker compose up --build --detach': [COMPOSE, "'up'"],
  'DOMAIN=chat.example.org docker compose --profile https up --build -d': [
    'tests/container/compose.container-spec.ts',
    'DOMAIN:',
  ],
  'PUBLIC_ORIGIN=https://chat.example.org TRUST_PROXY=uniquelocal docker compose up -d': [
    OPERATING,
    "PUBLIC_ORIGIN: 'https://chat.example.org'",
  ],
  'npx vitest run --project service tests/security/authorisation.int-spec.ts -u': [
    'tests/security/authorisation.int-spec.ts',
    'toMatchFileSnapshot',
  ],
  'node tests/backup/make-installation.mjs tests/backup/installations/2027-01.tar.gz': [
    'tests/backup/earlier-installations.int-spec.ts',
    "'tests/backup/make-installation.mjs'",
  ],
  'docker compose exec auth secure-chat user reset ann': [OPERATING, "'secure-chat', 'user', 'reset'"],
  'docker compose run --rm setup node tools/docker/setup.mjs renew': [OPERATING, "'renew'"],
  'docker compose exec chat secure-chat keys-rotate': [OPERATING, "'secure-chat', 'keys-rotate'"],
  'docker compose run --rm audit': [OPERATING, "'--rm', '-T', 'audit'"],
  'while docker compose logs --no-log-prefix --since 10m auth chat gateway nats; do sleep 1; done | docker compose run --rm -T audit --logs -':
    [OPERATING, 'nats; do sleep 1; done | docker compose run --rm -T audit --logs -'],
  'docker compose restart': [OPERATING, "compose('restart')"],
  'docker compose run --rm backup': [OPERATING, "'--rm', 'backup'"],
  'docker compose run --rm restore': [OPERATING, "'--rm', 'restore'"],
};

/** Documents whose shell blocks are executed as they stand. */
const EXECUTED_WHOLE: Readonly<Record<string, string>> = {
  'docs/api.md': 'apps/gateway/test/walk-through.int-spec.ts',
};

const documents = [
  ...readdirSync(ROOT),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).map((path) => `docs/${path}`),
].filter((path) => path.endsWith('.md'));

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** The code of a file, without its comments: what is only written about is not executed. */
const codeOf = (path: string, text: string): string =>
  /\.(ts|mjs)$/.test(path)
    ? transpileModule(text, {
        compilerOptions: { removeComments: true, target: ScriptTarget.ESNext, module: ModuleKind.ESNext },
      }).outputText
    : text.replaceAll(/^\s*#.*$/gm, '');

const commandsOf = (path: string): string[] =>
  [...read(path).matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = '']) =>
    block.split('\n').filter((line) => line !== ''),
  );

describe('the commands of the documents', () => {
  it.each([
    ['a.ts', "run('other'); // run('backup')\n/* run('backup') */"],
    ['run', "run 'other'\n  # run('backup')"],
  ])('are not executed by a comment of %s', (path, text) => {
    expect(codeOf(path, text)).not.toContain("'backup'");
    expect(codeOf(path, text)).toContain("'other'");
  });

  it.each(documents.filter((path) => !(path in EXECUTED_WHOLE)))(
    '%s has none that nothing executes',
    (path) => {
      expect(commandsOf(path).filter((command) => !(command in EXECUTED))).toEqual([]);
    },
  );

  it.each(Object.entries(EXECUTED_WHOLE))('%s is executed as it stands', (path, test) => {
    expect(read(test)).toContain(path);
  });

  it.each(Object.entries(EXECUTED))(
    '%s is executed, and stands in a document',
    (command, [file, fragment]) => {
      expect(codeOf(file, read(file))).toContain(fragment);
      expect(documents.some((path) => commandsOf(path).includes(command))).toBe(true);
    },
  );
});
