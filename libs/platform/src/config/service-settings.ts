import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { anyText, hostName, oneOf, wholeNumber, type Setting } from './settings.js';

/** What a service says to the bus to be let in. */
export interface BusLogin {
  /** Servers without credentials in their URL. */
  readonly servers: readonly string[];
  readonly user?: string;
  readonly pass?: string;
  /** What NATS_CREDS_FILE holds: a seed of its own (`SU…`) or a credentials file with a JWT. */
  readonly credentials?: Uint8Array;
  /** The certificate (PEM) that vouches for the server: nothing is said without TLS then. */
  readonly authority?: string;
}

const natsUrl: Setting<{ servers: string[]; user?: string; pass?: string }> = {
  default: 'nats://127.0.0.1:4222',
  shown: 'the server that `npm start` runs',
  meaning: 'the URL of an existing NATS server; its credentials are in the URL or in NATS_CREDS_FILE',
  // nats.js takes no credentials from a URL: they are handed over apart.
  parse: (text) => {
    const urls = text.split(',').map((part) => {
      try {
        return new URL(part.trim());
      } catch {
        throw new Error('must be a URL such as nats://host:4222');
      }
    });
    const [first] = urls;
    if (
      !first ||
      urls.some((url) => !['nats:', 'tls:', 'ws:', 'wss:'].includes(url.protocol) || !url.hostname)
    )
      throw new Error('must be a URL such as nats://host:4222');
    return {
      servers: urls.map((url) => `${url.protocol}//${url.host}`),
      ...(first.username && { user: decodeURIComponent(first.username) }),
      ...(first.password && { pass: decodeURIComponent(first.password) }),
    };
  },
};

const natsCredentials: Setting<Uint8Array | undefined> = {
  default: '',
  meaning: 'a file with the credentials for NATS_URL: a user seed, or a credentials file with a JWT',
  parse: (text) => {
    if (text === '') return undefined;
    const bytes = readSettingFile(text);
    if (!/\bSU[A-Z2-7]{56}\b|BEGIN NATS USER JWT/.test(bytes.toString('latin1')))
      throw new Error('must name a file with a user seed or a JWT');
    return bytes;
  },
};

const natsAuthority: Setting<string | undefined> = {
  default: '',
  meaning:
    'a file with the certificate authority (PEM) of the NATS server; the services then connect to it only by TLS',
  parse: (text) => {
    if (text === '') return undefined;
    const certificate = readSettingFile(text).toString('latin1');
    try {
      return new X509Certificate(certificate).toString();
    } catch {
      throw new Error('must name a file with a certificate');
    }
  },
};

function readSettingFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    throw new Error('cannot be read');
  }
}

/** The settings that every service has. */
export const SERVICE_SETTINGS = {
  DATA_DIR: {
    default: './data',
    meaning: 'the folder of the databases and of the master key file; created with mode 0700',
    parse: (text) => resolve(text),
  } satisfies Setting<string>,
  LEDGER_FILE: {
    default: '',
    shown: 'DATA_DIR/erasures.ledger',
    meaning:
      'the erasure ledger, an append-only file with digests of the erased ids and no names; keep it on another disk',
    parse: (text) => (text === '' ? '' : resolve(text)),
  } satisfies Setting<string>,
  NATS_URL: natsUrl,
  NATS_CREDS_FILE: natsCredentials,
  NATS_CA_FILE: natsAuthority,
  LOG_LEVEL: {
    default: 'info',
    meaning: 'the lowest level that is logged: trace, debug, info, warn, error, fatal or silent',
    parse: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
  } satisfies Setting<string>,
  METRICS_PORT: {
    default: '0',
    meaning:
      'the port of the gateway’s Prometheus metrics (`/metrics`); auth uses the next port, chat the one after; 0 disables metrics',
    parse: wholeNumber(0, 65_533),
  } satisfies Setting<number>,
  METRICS_HOST: {
    default: '127.0.0.1',
    meaning: 'the address that the metrics ports bind to; whoever can connect to it can read the metrics',
    parse: hostName,
  } satisfies Setting<string>,
  SUPERVISED: {
    default: '',
    internal: true,
    meaning: 'set by the supervisor: the service ends when its standard input closes',
    parse: anyText,
  } satisfies Setting<string>,
} as const;

/** Where the erasure ledger lies: its default follows DATA_DIR. */
export function ledgerFile(settings: { readonly DATA_DIR: string; readonly LEDGER_FILE: string }): string {
  return settings.LEDGER_FILE || join(settings.DATA_DIR, 'erasures.ledger');
}

/** What the settings say of the bus. */
export function busLogin(settings: {
  readonly NATS_URL: { servers: string[]; user?: string; pass?: string };
  readonly NATS_CREDS_FILE: Uint8Array | undefined;
  readonly NATS_CA_FILE: string | undefined;
}): BusLogin {
  const { NATS_URL: url, NATS_CREDS_FILE: credentials, NATS_CA_FILE: authority } = settings;
  return {
    ...url,
    ...(credentials && { credentials }),
    ...(authority !== undefined && { authority }),
  };
}
