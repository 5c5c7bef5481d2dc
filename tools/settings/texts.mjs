// What people read of the settings, from the tables that the services read them by.

/**
 * A setting, as far as people read of it.
 * @typedef {{ default: string, meaning: string, shown?: string, internal?: true }} DescribedSetting
 * @typedef {Readonly<Record<string, DescribedSetting>>} SettingTable
 */

/** What the contract lists comes first and in its order. */
const ORDER = [
  'PORT',
  'HOST',
  'PUBLIC_ORIGIN',
  'DATA_DIR',
  'NATS_URL',
  'NATS_CREDS_FILE',
  'NATS_CA_FILE',
  'MASTER_KEY_FILE',
  'LEDGER_FILE',
  'MESSAGE_RATE_LIMIT',
  'AUTH_RATE_LIMIT',
  'API_RATE_LIMIT',
  'SOCKETS_PER_ADDRESS',
  'REGISTRATION',
  'TRUST_PROXY',
  'LOG_LEVEL',
];

/** What docker-compose.yml alone reads. */
const COMPOSE = {
  PUBLISH_ADDRESS:
    'the address of this machine on which PORT is published; 127.0.0.1 unless set, 0.0.0.0 is all',
  DOMAIN: 'the name that the profile `https` fetches certificates for',
  HTTP_PORT: 'the port of plain HTTP with the profile `https`; 80 unless set',
  HTTPS_PORT: 'the port of HTTPS with the profile `https`; 443 unless set',
};

/** @param {SettingTable} settings @returns {[string, DescribedSetting][]} those that people set, in order */
function listed(settings) {
  const place = (/** @type {string} */ name) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return Object.entries(settings)
    .filter(([, { internal }]) => internal !== true)
    .toSorted(([a], [b]) => place(a) - place(b));
}

/** The table of the page for operators. @param {SettingTable} settings */
export function settingsTable(settings) {
  const rows = listed(settings).map(
    ([name, { default: value, shown, meaning }]) => `| ${name} | ${shown ?? value} | ${meaning} |`,
  );
  return ['| name | default | meaning |', '| --- | --- | --- |', ...rows, ''].join('\n');
}

/**
 * The names of the settings that docker-compose.yml passes on to a service.
 * @param {string} compose the file's text
 */
function passedOn(compose) {
  return new Set([...compose.matchAll(/\$\{([A-Z_]+)[:}]/g)].map(([, name = '']) => name));
}

/**
 * A file to copy to `.env`.
 * @param {SettingTable} settings
 * @param {string} compose the text of docker-compose.yml
 */
export function settingsExample(settings, compose) {
  const passed = passedOn(compose);
  const lines = (/** @type {boolean} */ both) =>
    listed(settings)
      .filter(([name]) => passed.has(name) === both)
      .flatMap(([name, { default: value, shown, meaning }]) => [
        `# ${name}: ${meaning}.${shown === undefined ? '' : ` Default: ${shown}.`}`,
        `#${name}=${value}`,
        '',
      ]);
  return [
    '# Made by npm run settings. None of it is needed: these are the defaults.',
    '# Copied to .env, both `npm start` and `docker compose` read it; the environment goes before it.',
    '',
    ...lines(true),
    '# For npm start alone: in containers these are settled.',
    '',
    ...lines(false),
    '# For docker compose alone.',
    '',
    ...Object.entries(COMPOSE).flatMap(([name, meaning]) => [`# ${name}: ${meaning}.`, `#${name}=`, '']),
  ]
    .join('\n')
    .replace(/\n+$/, '\n');
}
