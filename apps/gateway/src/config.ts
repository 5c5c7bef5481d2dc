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
import { parseTrustProxy, type TrustProxy } from './http/trust-proxy.js';

const origins: Setting<readonly string[]> = {
  default: '',
  shown: 'http://localhost:PORT',
  meaning: 'the origin that browsers use, or a comma-separated list; https makes cookies Secure',
  parse: (text) =>
    text.split(',').flatMap((part) => {
      const origin = part.trim();
      if (origin === '') return [];
      const url = URL.canParse(origin) ? new URL(origin) : undefined;
      if (!url || !/^https?:$/.test(url.protocol) || url.origin !== origin.replace(/\/$/, ''))
        throw new Error(
          'must be an origin such as https://chat.example.org, or a comma-separated list of them',
        );
      return [url.origin];
    }),
};

const trustProxy: Setting<TrustProxy> = {
  default: 'off',
  meaning:
    'the proxies whose `X-Forwarded-*` headers are believed: off, on, a number of hops, or addresses and subnets',
  parse: parseTrustProxy,
};

/** The gateway's settings. */
export const GATEWAY_SETTINGS = {
  ...SERVICE_SETTINGS,
  PORT: {
    default: '5000',
    meaning: 'the gateway’s public port',
    parse: wholeNumber(1, 65_535),
  } satisfies Setting<number>,
  HOST: {
    default: 'localhost',
    shown: 'localhost (127.0.0.1, and ::1 where there is IPv6); 0.0.0.0 in the container',
    meaning: 'the address it binds',
    parse: hostName,
  } satisfies Setting<string>,
  PUBLIC_ORIGIN: origins,
  MESSAGE_RATE_LIMIT: {
    default: '20',
    meaning: 'messages a second per user, burst three times that; 0 is no limit',
    parse: wholeNumber(0, 1_000_000),
  } satisfies Setting<number>,
  AUTH_RATE_LIMIT: {
    default: '60',
    meaning:
      'tries a minute per address, one count each for register, log-in and join; failed log-ins per account a sixth of it, at least 5; handshakes twenty times as many; 0 is no limit',
    parse: wholeNumber(0, 1_000_000),
  } satisfies Setting<number>,
  API_RATE_LIMIT: {
    default: '50',
    meaning:
      'calls a second per user (without a session: per address), burst five times that: requests under /api/v1 but those that AUTH_RATE_LIMIT or MESSAGE_RATE_LIMIT counts, socket handshakes, and socket events but `message:send`; new chats and account exports a thirtieth of it; 0 is no limit',
    parse: wholeNumber(0, 1_000_000),
  } satisfies Setting<number>,
  SOCKETS_PER_ADDRESS: {
    default: '10000',
    meaning:
      'open sockets per address, an IPv6 /64 counted as one; the next handshake is refused; 0 is no limit',
    parse: wholeNumber(0, 1_000_000),
  } satisfies Setting<number>,
  REGISTRATION: {
    default: 'open',
    meaning: '`open` or `closed`',
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
    : { ...settings, PUBLIC_ORIGIN: [`http://localhost:${settings.PORT}`] };
}

/** Whether browsers reach the app over HTTPS, so that cookies are Secure. */
export function isHttps(settings: GatewaySettings): boolean {
  return settings.PUBLIC_ORIGIN.some((origin) => origin.startsWith('https:'));
}

/** The injection token of the gateway's settings. */
export const SETTINGS = Symbol('settings');
