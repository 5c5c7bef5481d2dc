// Which way imports may point. Each rule has a planted violation in tools/boundaries/fixtures, whose folders mirror
// the project's, so that a rule that stopped matching is noticed.

/** A path from the project's root, or from a folder of fixtures. @param {string} path */
const at = (path) => `^(|tools/boundaries/fixtures/[^/]+/)${path}`;
const SPEC = '\\.(spec|int-spec)\\.ts$|/test/';

/** @param {string} name @param {string} comment @param {object} from @param {object} to */
const never = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

export default {
  forbidden: [
    never('no-cycle', 'Whatever imports itself cannot be understood apart.', {}, { circular: true }),
    {
      ...never(
        'no-folder-cycle',
        'Folders that import each other cannot be understood apart.',
        { path: at('(apps/(auth|chat)|libs/platform)/src/') },
        { circular: true },
      ),
      scope: 'folder',
    },
    never('no-unresolved', 'An import must lead somewhere.', {}, { couldNotResolve: true }),
    never(
      'no-app-to-app',
      'Services meet on the bus.',
      { path: at('apps/([^/]+)/') },
      { path: at('apps/'), pathNot: at('apps/$2/') },
    ),
    never('no-lib-to-app', 'A library serves any app.', { path: at('libs/') }, { path: at('apps/') }),
    never(
      'edge-imports-nothing',
      'Browsers load it as it is.',
      { path: at('libs/contracts/src/edge/'), pathNot: SPEC },
      { pathNot: at('libs/contracts/src/edge/') },
    ),
    never(
      'bus-imports-edge-and-schemas',
      'The bus contract is types and schemas.',
      { path: at('libs/contracts/src/bus/') },
      { pathNot: `${at('libs/contracts/src/')}|^node_modules/zod/` },
    ),
    never(
      'crypto-imports-node-crypto',
      'What seals can be reviewed in an hour.',
      { path: at('libs/crypto/src/'), pathNot: SPEC },
      // The text form of a chat key, which the client reads too.
      { pathNot: `${at('libs/(crypto/src|contracts/src/edge)/')}|^(node:)?crypto$` },
    ),
    never(
      'platform-imports-contracts',
      'Platform knows no other part of ours.',
      { path: at('libs/platform/src/'), pathNot: SPEC },
      { path: at('(libs|apps)/'), pathNot: at('libs/(platform|contracts)/') },
    ),
    never(
      'testing-in-specs-only',
      'Production code has no tests in it.',
      { path: at('(apps|libs|tools/cli)/'), pathNot: `${SPEC}|${at('libs/testing/')}` },
      { path: at('libs/testing/') },
    ),
    never(
      'crypto-for-chat-and-gateway',
      'auth seals nothing.',
      { path: at('(apps/auth|libs/(platform|contracts|client)|examples)/') },
      { path: at('libs/crypto/') },
    ),
    never(
      'only-repositories-see-typeorm',
      'Storage has one door in each module.',
      { path: at('apps/[^/]+/src/.+\\.controller\\.ts$') },
      {
        path: '^node_modules/(typeorm|better-sqlite3)/|\\.(repository|entity)\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    ),
    never(
      'only-the-store-sees-the-database',
      'Another engine can take its place; type imports count too.',
      { path: at('apps/(auth|chat)/src/'), pathNot: at('apps/(auth|chat)/src/store/') },
      { path: '^node_modules/(typeorm|better-sqlite3|@nestjs/typeorm)/' },
    ),
    never(
      'use-cases-see-no-engine',
      'They work on the interface of the store; app.module.ts chooses the engine.',
      {
        path: at('apps/(auth|chat)/src/'),
        pathNot: `${SPEC}|${at('apps/(auth|chat)/src/(store/|app\\.module\\.ts$)')}`,
      },
      { path: at('apps/(auth|chat)/src/store/[^/]+/') },
    ),
    never(
      'store-imports-no-use-case',
      'bus, use cases, store: imports point down.',
      { path: at('apps/(auth|chat)/src/store/'), pathNot: SPEC },
      { path: at('apps/(auth|chat)/src/'), pathNot: at('apps/(auth|chat)/src/store/') },
    ),
    never(
      'nothing-imports-the-bus-controllers',
      'bus, use cases, store: imports point down.',
      { path: at('apps/(auth|chat)/src/'), pathNot: at('apps/(auth|chat)/src/(bus/|app\\.module\\.ts$)') },
      { path: at('apps/(auth|chat)/src/bus/') },
    ),
    never(
      'platform-folders-apart',
      'bus, database and telemetry know nothing of each other.',
      { path: at('libs/platform/src/(bus|database|telemetry)/') },
      {
        path: at('libs/platform/src/(bus|database|telemetry|outbox|service)/'),
        pathNot: at('libs/platform/src/$2/'),
      },
    ),
    never(
      'platform-ground',
      'What every folder needs stands below them all.',
      { path: at('libs/platform/src/(cache|config|deadline|errors|event-loop|files|logging|validation)/') },
      { path: at('libs/platform/src/(bus|database|telemetry|outbox|service)/') },
    ),
    never(
      'repository-stays-in-its-module',
      'Modules meet by their services.',
      { path: at('apps/([^/]+)/src/([^/]+)/') },
      { path: at('apps/.+\\.repository\\.ts$'), pathNot: at('apps/$2/src/$3/') },
    ),
    never(
      'entity-stays-in-its-module',
      "A row is nobody else's business.",
      { path: at('apps/([^/]+)/src/([^/]+)/') },
      { path: at('apps/.+\\.entity\\.ts$'), pathNot: at('apps/$2/src/$3/') },
    ),
    never(
      'gateway-floors',
      'The edge stands on the conversation, the conversation on the store and the clients of other services.',
      { path: at('apps/gateway/src/(conversation|store|services|settings)/'), pathNot: SPEC },
      { path: at('apps/gateway/src/edge/') },
    ),
    never(
      'gateway-ground-floor',
      'The store and the clients of other services know nothing of what happens in a chat, nor of each other.',
      { path: at('apps/gateway/src/(store|services|settings)/'), pathNot: SPEC },
      {
        path: at('apps/gateway/src/(conversation|store|services)/'),
        pathNot: at('apps/gateway/src/$2/'),
      },
    ),
    never(
      'store-adapter-behind-its-port',
      'Only the wiring knows which engine stores messages.',
      {
        path: at('apps/gateway/src/'),
        pathNot: `${SPEC}|${at('apps/gateway/src/(app\\.module\\.ts|store/sqlite/)')}`,
      },
      { path: at('apps/gateway/src/store/sqlite/') },
    ),
    never(
      'database-in-the-store-only',
      'Whatever touches a database engine lives in its adapter.',
      { path: at('apps/gateway/src/'), pathNot: `${SPEC}|${at('apps/gateway/src/store/sqlite/')}` },
      { path: '^node_modules/(typeorm|better-sqlite3|@nestjs/typeorm)/' },
    ),
    never(
      'client-imports-edge',
      'Programs and browsers load it.',
      { path: at('libs/client/src/'), pathNot: SPEC },
      {
        pathNot: `${at('libs/(client|contracts/src/edge)/')}|^node_modules/(socket\\.io-client|engine\\.io-client|@socket\\.io)/`,
      },
    ),
    never(
      'frontend-imports-edge-and-client',
      'The browser gets nothing of the server.',
      { path: at('frontend/src/') },
      { path: at('(libs|apps)/'), pathNot: at('libs/(client|contracts/src/edge)/') },
    ),
    never(
      'features-do-not-import-each-other',
      'A feature can be taken out whole.',
      { path: at('frontend/src/app/features/([^/]+)/') },
      { path: at('frontend/src/app/features/'), pathNot: at('frontend/src/app/features/$2/') },
    ),
    never(
      'commands-do-not-import-each-other',
      'An operator’s command can be read by itself; what backup and restore share is the archive.',
      { path: at('tools/cli/([^/]+)/') },
      { path: at('tools/cli/([^/]+)/'), pathNot: at('tools/cli/($2|archive)/') },
    ),
    never(
      'no-spec-in-production',
      'Nothing is built on a test.',
      { pathNot: `${SPEC}|^tests/` },
      { path: '\\.(spec|int-spec|fault-spec|e2e-spec)\\.ts$' },
    ),
    never(
      'no-dev-dependency-in-production',
      'What ships is installed.',
      { path: at('(apps/[^/]+/src|libs/[^/]+/src|tools/cli)/'), pathNot: `${SPEC}|${at('libs/testing/')}` },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: '^node_modules/@types/' },
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.json'],
      conditionNames: ['import', 'node', 'default', 'types'],
      exportsFields: ['exports'],
    },
  },
};
