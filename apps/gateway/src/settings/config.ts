import {
  hostName,
  oneOf,
  readSettings,
  SERVICE_SETTINGS,
  wholeNumber,
  type SettingTable,
  type SettingValues,
} from '@app/platform';
import { z } from 'zod';
import { BLOCKED_PORTS } from './blocked-ports.js';
import { trustProxy } from './trust-proxy.js';

/** An origin as browsers write it: in lower case, in punycode, without the default port. */
const origin = z
  .string()
  .refine(
    (text) => URL.canParse(text) && /^https?:\/\/[^/?#@*\\]+\/?$/i.test(text),
    'must be an origin such as https://chat.example.org, or a comma-separated list of them',
  )
  .transform((text) => new URL(text))
  .refine(({ port }) => !BLOCKED_PORTS.has(Number(port)), {
    error: ({ input }) => `names port ${(input as URL).port}, which browsers refuse`,
  })
  .transform((url) => url.origin);

const origins: z.ZodType<readonly string[], string> = z
  .string()
  .transform((text) => text.split(/\s*,\s*/).filter(Boolean))
  .pipe(z.array(origin))
  .transform((all) => [...new Set(all)]);

/** The port that people open with a browser. */
const publicPort: z.ZodType<number, string> = wholeNumber(1, 65_535).refine(
  (port) => !BLOCKED_PORTS.has(port),
  {
    error: ({ input }) => `is ${String(input)}, which browsers refuse: take another, such as 5000`,
  },
);

/** The gateway's settings. */
export const GATEWAY_SETTINGS = {
  ...SERVICE_SETTINGS,
  PORT: {
    default: '5000',
    meaning: 'the gateway’s public port',
    schema: publicPort,
  },
  HOST: {
    default: 'localhost',
    shown: 'localhost (127.0.0.1, and ::1 where there is IPv6); 0.0.0.0 in the container',
    meaning: 'the address that PORT binds to',
    schema: hostName,
  },
  PUBLIC_ORIGIN: {
    default: '',
    shown: 'http://localhost:PORT',
    meaning: 'the origin that browsers use, or a comma-separated list of origins; https makes cookies Secure',
    schema: origins,
  },
  MESSAGE_RATE_LIMIT: {
    default: '20',
    meaning: 'messages per second and user, with bursts of three times as many; 0 disables the limit',
    schema: wholeNumber(0, 1_000_000),
  },
  AUTH_RATE_LIMIT: {
    default: '60',
    meaning:
      'registrations, log-ins and joins per minute and address, each counted separately; failed log-ins per minute and account are a sixth of it, at least 5; handshakes per minute and address twenty times as many; 0 disables the limit',
    schema: wholeNumber(0, 1_000_000),
  },
  API_RATE_LIMIT: {
    default: '50',
    meaning:
      'calls per second and user (without a session: per address), with bursts of five times as many: requests under /api/v1 except those that AUTH_RATE_LIMIT or MESSAGE_RATE_LIMIT counts, socket handshakes, and socket events except `message:send`; new chats and account exports are limited to a thirtieth of it; 0 disables the limit',
    schema: wholeNumber(0, 1_000_000),
  },
  SOCKETS_PER_ADDRESS: {
    default: '10000',
    meaning:
      'open sockets per address (an IPv6 /64 counts as one); the next handshake is refused; 0 disables the limit',
    schema: wholeNumber(0, 1_000_000),
  },
  REGISTRATION: {
    default: 'open',
    meaning: 'whether new accounts can be created: `open` or `closed`',
    schema: oneOf('open', 'closed'),
  },
  TRUST_PROXY: {
    default: 'off',
    meaning:
      'the proxies whose `X-Forwarded-*` headers are trusted: off, on, a number of hops, or addresses and subnets',
    schema: trustProxy,
  },
  CLIENT_DIR: {
    default: 'frontend/dist/browser',
    internal: true,
    meaning: 'the folder of the built client',
    schema: z.string(),
  },
} as const satisfies SettingTable;

/** The values of the gateway's settings. */
export type GatewaySettings = SettingValues<typeof GATEWAY_SETTINGS>;

/** Reads the settings of this process. */
export function gatewaySettings(): GatewaySettings {
  return withDefaultOrigin(readSettings(GATEWAY_SETTINGS, process.env));
}

/** The default of PUBLIC_ORIGIN follows PORT. */
export function withDefaultOrigin(settings: GatewaySettings): GatewaySettings {
  return settings.PUBLIC_ORIGIN.length > 0
    ? settings
    : { ...settings, PUBLIC_ORIGIN: [new URL(`http://localhost:${settings.PORT}`).origin] };
}

/** Whether browsers may be restricted to HTTPS: not where one of the hosts serves plain HTTP too. */
export function isHttpsOnly({ PUBLIC_ORIGIN }: Pick<GatewaySettings, 'PUBLIC_ORIGIN'>): boolean {
  const hosts = (protocol: string): string[] =>
    PUBLIC_ORIGIN.map((text) => new URL(text)).flatMap((url) =>
      url.protocol === protocol ? [url.hostname] : [],
    );
  const plain = new Set(hosts('http:'));
  return hosts('https:').length > 0 && !hosts('https:').some((host) => plain.has(host));
}

/** The injection token of the gateway's settings. */
export const SETTINGS = Symbol('settings');
