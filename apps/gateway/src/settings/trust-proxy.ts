import type { IncomingMessage } from 'node:http';
import proxyAddr from 'proxy-addr';

/** Whether the address at a distance of `hop` from here is a proxy to be believed. */
export type TrustProxy = (address: string, hop: number) => boolean;

/**
 * Reads a TRUST_PROXY value: `off`, `on`, a number of hops, or addresses, subnets and the names loopback,
 * linklocal and uniquelocal, separated by commas (the values of Express's "trust proxy").
 * @throws {Error} saying what it must be
 */
export function parseTrustProxy(text: string): TrustProxy {
  if (text === 'off' || text === 'false') return () => false;
  if (text === 'on' || text === 'true') return () => true;
  if (/^\d{1,3}$/.test(text)) return (_address, hop) => hop < Number(text);
  try {
    return proxyAddr.compile(text.split(',').map((part) => part.trim()));
  } catch {
    throw new Error('must be off, on, a number of hops, or a comma-separated list of addresses and subnets');
  }
}

/**
 * Where a request comes from, as far as the trusted proxies can be believed.
 * @returns an address without the zone or the IPv4-in-IPv6 prefix
 */
export function clientAddress(request: IncomingMessage, trust: TrustProxy): string {
  return plainAddress(proxyAddr(request, trust) ?? 'unknown');
}

/** An address without the zone or the IPv4-in-IPv6 prefix. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '');
}

/**
 * What a limiter counts by: an IPv4 address, or the /64 of an IPv6 address, which is what one subscriber has.
 */
export function limiterKey(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const left = head.split(':').filter(Boolean);
  const right = tail?.split(':').filter(Boolean) ?? [];
  const middle =
    tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  return [...left, ...middle, ...right]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
