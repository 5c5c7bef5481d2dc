// npm run settings: writes .env.example and the table of docs/operations.md from the services' own tables of settings.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import 'reflect-metadata';
import { build, install } from './prepare.mjs';
import { commandLine, program, ROOT } from './project.mjs';
import { settingsExample, settingsTable } from './settings/texts.mjs';

/** @typedef {import('./settings/texts.mjs').SettingTable} SettingTable */

const EXAMPLE = '.env.example';
const PAGE = 'docs/operations.md';
const BEGIN = '<!-- Made by npm run settings. -->\n';
const END = '<!-- The end of what npm run settings makes. -->';

/**
 * The settings of all services, from what was built.
 * @returns {Promise<SettingTable>}
 */
async function settingsOfAll() {
  const of = async (/** @type {string} */ service) =>
    import(join(ROOT, `dist/apps/${service}/apps/${service}/src/config.js`));
  const [auth, chat, gateway] = await Promise.all(['auth', 'chat', 'gateway'].map(of));
  return { ...gateway.GATEWAY_SETTINGS, ...chat.CHAT_SETTINGS, ...auth.AUTH_SETTINGS };
}

/**
 * Compares the made texts with what they are made from, or writes them.
 * @param {boolean} write
 * @returns {Promise<string[]>} the files that were not up to date
 */
export async function staleSettings(write) {
  await build(['auth', 'chat', 'gateway']);
  const settings = await settingsOfAll();
  const compose = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');
  const page = readFileSync(join(ROOT, PAGE), 'utf8');
  const [before = '', rest = ''] = page.split(BEGIN);
  const after = rest.slice(rest.indexOf(END));
  const { format, resolveConfig } = await import('prettier');
  const made = {
    [EXAMPLE]: settingsExample(settings, compose),
    [PAGE]: await format(`${before}${BEGIN}\n${settingsTable(settings)}\n${after}`, {
      ...(await resolveConfig(join(ROOT, PAGE))),
      filepath: PAGE,
    }),
  };
  const stale = Object.entries(made).filter(([file, text]) => {
    try {
      return readFileSync(join(ROOT, file), 'utf8') !== text;
    } catch {
      return true;
    }
  });
  if (write) for (const [file, text] of stale) writeFileSync(join(ROOT, file), text);
  return stale.map(([file]) => file);
}

if (process.argv[1] === import.meta.filename)
  await program(async () => {
    if (commandLine('npm run settings') === undefined) return;
    await install();
    const written = await staleSettings(true);
    console.log(written.length > 0 ? `written: ${written.join(', ')}` : 'up to date');
  });
