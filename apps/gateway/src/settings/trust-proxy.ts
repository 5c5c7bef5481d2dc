import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import proxyAddr from 'proxy-addr';
import { z } from 'zod';

/** Whether the address at a distance of `hop` from here is a trusted proxy. */
export type TrustProxy = (address: string, hop: number) => boolean;

/**
 * A TRUST_PROXY value: `off`, `on`, a number of hops, or addresses, subnets and the names loopback, linklocal and
 * uniquelocal, separated by commas (the values of Express's "trust proxy").
 */
export const trustProxy: z.ZodType<TrustProxy, string> = z.string().transform((text, context) => {
  if (text === 'off' || text === 'false') return () => false;
  if (text === 'on' || text === 'true') return () => true;
  if (/^\d{1,3}$/.test(text)) return (_address, hop) => hop < Number(text);
  try {
    return proxyAddr.compile(text.split(',').map((part) => part.trim()));
  } catch {
    context.addIssue('must be off, on, a number of hops, or a comma-separated list of addresses and subnets');
    return z.NEVER;
  }
});

/** Returns the prefix of the address that a request comes from, as reported by the trusted proxies. */
export function clientPrefix(request: IncomingMessage, trust: TrustProxy): string {
  return addressPrefix(proxyAddr(request, trust));
}

/** An address with a port, as some proxies write it into X-Forwarded-For. */
const WITH_PORT = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d+)?$/;

/**
 * Returns what limits count by: an IPv4 address, or the /64 of an IPv6 address, which is what one subscriber has. All
 * that is no address counts as one.
 */
export function addressPrefix(text: string | undefined): string {
  const [, ipv6, ipv4] = WITH_PORT.exec(text ?? '') ?? [];
  const address = ipv6 ?? ipv4 ?? text ?? '';
  const family = isIP(address);
  if (family === 0) return 'unknown';
  if (family === 4) return address;
  const parsed = ipaddr.process(address);
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.toString();
  return parsed.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':');
}
