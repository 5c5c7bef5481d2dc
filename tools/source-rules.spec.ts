import { expect, test } from 'vitest';
import { databaseReaders, environmentReaders, injectingParts, misnamedFiles } from './source-rules.mjs';

const source = (path: string, text = ''): { path: string; text: string } => ({ path, text });

test('names in kebab-case with dotted endings are fine, others and vague ones are found', () => {
  const fine = ['apps/auth/src/users/users.bus.controller.ts', 'tests/e2e/scenarios/two-people.e2e-spec.ts'];
  const wrong = ['libs/a/src/fooBar.ts', 'libs/a/src/Foo.ts', 'apps/auth/src/utils.ts', 'tools/a_b.mjs'];

  expect(misnamedFiles([...fine, ...wrong].map((path) => source(path)))).toEqual(wrong);
});

test('whoever reads the environment beside config.ts is found', () => {
  const text = "const port = process.env['PORT'];";

  const found = environmentReaders([
    source('apps/auth/src/config.ts', text),
    source('apps/auth/src/users/users.service.ts', text),
    source('libs/platform/src/logging/log.ts', text),
    source('libs/platform/src/logging/log.spec.ts', text),
  ]);

  expect(found).toEqual(['apps/auth/src/users/users.service.ts', 'libs/platform/src/logging/log.ts']);
});

test('a file of auth or chat outside store/ that reaches the database is found', () => {
  const text = "import { WriteQueue } from '@app/platform';";

  const found = databaseReaders([
    source('apps/auth/src/accounts/log-in.ts', text),
    source(
      'apps/chat/src/bus/health.bus.controller.ts',
      'constructor(@InjectDataSource() source: unknown) {}',
    ),
    source('apps/chat/src/chats/chats.ts', "import { LOGGER } from '@app/platform';"),
    source('apps/chat/src/store/sqlite/store.ts', text),
    source('apps/gateway/src/messages/writer.ts', text),
  ]);

  expect(found).toEqual(['apps/auth/src/accounts/log-in.ts', 'apps/chat/src/bus/health.bus.controller.ts']);
});

test('a part in app/ui that injects is found', () => {
  const found = injectingParts([
    source('frontend/src/app/ui/button.ts', 'export class Button {}'),
    source('frontend/src/app/ui/list.ts', 'private readonly store = inject(Store);'),
    source('frontend/src/app/core/session.ts', 'private readonly http = inject(Http);'),
  ]);

  expect(found).toEqual(['frontend/src/app/ui/list.ts']);
});
