import {
  anyText,
  hostName,
  oneOf,
  readSettings,
  SERVICE_SETTINGS,
  wholeNumber,
  type Setting,
  type SettingValues,
} from '@app/platform';
import { BLOCKED_PORTS } from './blocked-ports.js';
import { parseTrustProxy, type TrustProxy } from './trust-proxy.js';

const origins: Setting<readonly string[]> = {
  default: '',
  shown: 'http://localhost:PORT',
  meaning: 'the origin that browsers use, or a comma-separated list of origins; https makes cookies Secure',
  parse: (text) => {
    const parts = text.split(',').map((part) => part.trim());
    return [...new Set(parts.filter(Boolean).map(originOf))];
  },
};

/** An origin as browsers write it: in lower case, in punycode, without the default port. */
function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:\/\/[^/?#@*\\]+\/?$/i.test(text))
    throw new Error('must be an origin such as https://chat.example.org, or a comma-separated list of them');
  if (BLOCKED_PORTS.has(Number(url.port))) throw new Error(`names port ${url.port}, which browsers refuse`);
  return url.origin;
}

/** The port that people open with a browser. */
function publicPort(text: string): number {
  const port = wholeNumber(1, 65_535)(text);
  if (BLOCKED_PORTS.has(port))
    throw new Error(`is ${port}, which browsers refuse: take another, such as 5000`);
  return port;
}

const trustProxy: Setting<TrustProxy> = {
  default: 'off',
  meaning:
    'the proxies whose `X-Forwarded-*` headers are trusted: off, on, a number of hops, or addresses and subnets',
  parse: parseTrustProxy,
};

/** The gateway's settings. */
export const GATEWAY_SETTINGS = {
  ...SERVICE_SETTINGS,
  PORT: {
    default: '5000',
    meaning: 'the gateway’s public port',
    parse: publicPort,
  } satisfies Setting<number>,
  HOST: {
    default: 'localhost',
    shown: 'localhost (127.0.0.1, and ::1 where there is IPv6); 0.0.0.0 in the container',
    meaning: 'the address that PORT binds to',
    parse: hostName,
  } satisfies Setting<string>,
  PUBLIC_ORIGIN: origins,
  MESSAGE_RATE_LIMIT: {
    default: '20',
    meaning: 'messages per second and user, with bursts of three times as many; 0 disables the limit',
    parse: wholeNumber(0, 1_000_000),
  } satisfies Setting<number>,
  AUTH_RATE_LIMIT: {
    default: '60',
    meaning:
      'registrations, log-ins and joins per minute and address, each counted separately; failed log-ins per minute and account are a sixth of it, at least 5; handshakes per minute and address twenty times as many; 0 disables the limit',
    parse: wholeNumber(0, 1_000_000),
  } satisfies Setting<number>,
  API_RATE_LIMIT: {
    default: '50',
    meaning:
      'calls per second and user (without a session: per address), with bursts of five times as many: requests under /api/v1 except those that AUTH_RATE_LIMIT or MESSAGE_RATE_LIMIT counts, socket handshakes, and socket events except `message:send`; new chats and account exports are limited to a thirtieth of it; 0 disables the limit',
    parse: wholeNumber(0, 1_000_000),
  } satisfies Setting<number>,
  SOCKETS_PER_ADDRESS: {
    default: '10000',
    meaning:
      'open sockets per address (an IPv6 /64 counts as one); the next handshake is refused; 0 disables the limit',
    parse: wholeNumber(0, 1_000_000),
  } satisfies Setting<number>,
  REGISTRATION: {
    default: 'open',
    meaning: 'whether new accounts can be created: `open` or `closed`',
    parse: oneOf('open', 'closed'),
  } satisfies Setting<'open' | 'closed'>,
  TRUST_PROXY: trustProxy,
  CLIENT_DIR: {
    default: 'frontend/dist/browser',
    internal: true,
    meaning: 'the folder of the built client',
    parse: anyText,
  } satisfies Setting<string>,
} as const;

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
    : { ...settings, PUBLIC_ORIGIN: [originOf(`http://localhost:${settings.PORT}`)] };
}

/** Whether browsers may be told to use HTTPS alone: not where a host of it serves plain HTTP too. */
export function isHttpsOnly({ PUBLIC_ORIGIN }: Pick<GatewaySettings, 'PUBLIC_ORIGIN'>): boolean {
  const hosts = (protocol: string): string[] =>
    PUBLIC_ORIGIN.map((origin) => new URL(origin)).flatMap((url) =>
      url.protocol === protocol ? [url.hostname] : [],
    );
  const plain = new Set(hosts('http:'));
  return hosts('https:').length > 0 && !hosts('https:').some((host) => plain.has(host));
}

/** The injection token of the gateway's settings. */
export const SETTINGS = Symbol('settings');
