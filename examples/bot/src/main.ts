// An echo bot. Reads BOT_SERVER, BOT_USERNAME and BOT_PASSWORD from the environment, and joins the chats whose keys
// are its arguments. See libs/client/README.md.
import { ApiError, ChatClient, CookieJar } from '@app/client';
import { echo } from './echo.js';

const { BOT_SERVER = 'http://localhost:5000', BOT_USERNAME, BOT_PASSWORD } = process.env;
if (!BOT_USERNAME || !BOT_PASSWORD) {
  console.error('Set BOT_USERNAME and BOT_PASSWORD to an account of the server.');
  process.exit(2);
}

const client = new ChatClient({ baseUrl: BOT_SERVER, cookies: new CookieJar() });
client.on('state', ({ state, reason }) => console.log(reason ? `${state} (${reason})` : state));
echo(client);

try {
  await client.logIn(BOT_USERNAME, BOT_PASSWORD);
  for (const key of process.argv.slice(2)) await client.joinChat(key);
} catch (error) {
  if (!(error instanceof ApiError)) throw error;
  console.error(error.detail);
  client.stop();
  process.exitCode = 1;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void client.signOut().catch(() => undefined));
}
