import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { hostName, oneOf, wholeNumber, type SettingTable } from './settings.js';

/** How a service connects to the bus. */
export interface BusLogin {
  /** URLs without credentials. */
  readonly servers: readonly string[];
  readonly user?: string;
  readonly pass?: string;
  /** What NATS_CREDS_FILE holds: a seed of its own (`SU…`) or a credentials file with a JWT. */
  readonly credentials?: Uint8Array;
  /** The certificate (PEM) that vouches for the server: the service speaks TLS alone then. */
  readonly authority?: string;
}

const BAD_URL = 'must be a URL such as nats://host:4222';

/** nats.js takes no credentials from a URL: they are passed separately. */
const natsUrl = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(z.url({ protocol: /^(nats|tls|wss?)$/, hostname: /./, error: BAD_URL })))
  .transform((texts, context) => {
    const urls = texts.map((text) => new URL(text));
    try {
      return {
        servers: urls.map((url) => `${url.protocol}//${url.host}`),
        ...(urls[0]?.username && { user: decodeURIComponent(urls[0].username) }),
        ...(urls[0]?.password && { pass: decodeURIComponent(urls[0].password) }),
      };
    } catch {
      context.addIssue('must have its credentials percent-encoded');
      return z.NEVER;
    }
  });

/** The bytes of a file; nothing when none is named. */
const fileBytes = z.string().transform((path, context) => {
  if (path === '') return undefined;
  try {
    return readFileSync(path);
  } catch {
    context.addIssue('cannot be read');
    return z.NEVER;
  }
});

const natsCredentials: z.ZodType<Uint8Array | undefined, string> = fileBytes.refine(
  (bytes) => bytes === undefined || /\bSU[A-Z2-7]{56}\b|BEGIN NATS USER JWT/.test(bytes.toString('latin1')),
  'must name a file with a user seed or a JWT',
);

const natsAuthority: z.ZodType<string | undefined, string> = fileBytes.transform((bytes, context) => {
  try {
    return bytes && new X509Certificate(bytes).toString();
  } catch {
    context.addIssue('must name a file with a certificate');
    return z.NEVER;
  }
});

/** An absolute path; nothing stays nothing. */
const path = z.string().transform((text) => text && resolve(text));

/** The settings that every service has. */
export const SERVICE_SETTINGS = {
  DATA_DIR: {
    default: './data',
    meaning: 'the folder of the databases and of the master key file; created with mode 0700',
    schema: path,
  },
  LEDGER_FILE: {
    default: '',
    shown: 'DATA_DIR/erasures.ledger',
    meaning:
      'the erasure ledger, an append-only file with digests of the erased ids and no names; keep it on another disk',
    schema: path,
  },
  NATS_URL: {
    default: 'nats://127.0.0.1:4222',
    shown: 'the server that `npm start` runs',
    meaning: 'the URL of an existing NATS server; its credentials are in the URL or in NATS_CREDS_FILE',
    schema: natsUrl,
  },
  NATS_CREDS_FILE: {
    default: '',
    meaning: 'a file with the credentials for NATS_URL: a user seed, or a credentials file with a JWT',
    schema: natsCredentials,
  },
  NATS_CA_FILE: {
    default: '',
    meaning:
      'a file with the certificate authority (PEM) of the NATS server; the services then connect to it only by TLS',
    schema: natsAuthority,
  },
  LOG_LEVEL: {
    default: 'info',
    meaning: 'the lowest level that is logged: trace, debug, info, warn, error, fatal or silent',
    schema: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
  },
  METRICS_PORT: {
    default: '0',
    meaning:
      'the port of the gateway’s Prometheus metrics (`/metrics`); auth uses the next port, chat the one after; 0 disables metrics',
    schema: wholeNumber(0, 65_533),
  },
  METRICS_HOST: {
    default: '127.0.0.1',
    meaning: 'the address that the metrics ports bind to; whoever can connect to it can read the metrics',
    schema: hostName,
  },
  SUPERVISED: {
    default: '',
    internal: true,
    meaning: 'set by the supervisor: the service ends when its standard input closes',
    schema: z.string(),
  },
} as const satisfies SettingTable;

/** Returns the path of the erasure ledger, by default in DATA_DIR. */
export function ledgerFile(settings: { readonly DATA_DIR: string; readonly LEDGER_FILE: string }): string {
  return settings.LEDGER_FILE || join(settings.DATA_DIR, 'erasures.ledger');
}

/** Returns how the settings say to connect to the bus. */
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
