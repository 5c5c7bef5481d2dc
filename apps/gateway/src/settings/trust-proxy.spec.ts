import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { addressPrefix, clientPrefix, trustProxy } from './trust-proxy.js';

function requestFrom(remote: string, forwarded?: string): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: remote });
  const request = new IncomingMessage(socket);
  if (forwarded !== undefined) request.headers['x-forwarded-for'] = forwarded;
  return request;
}

describe('clientPrefix', () => {
  it.each([
    ['off', '127.0.0.1', '203.0.113.9', '127.0.0.1'],
    ['loopback', '127.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['loopback', '198.51.100.1', '203.0.113.9', '198.51.100.1'],
    ['1', '10.0.0.1', '203.0.113.9, 192.0.2.7', '192.0.2.7'],
    ['2', '10.0.0.1', '203.0.113.9, 192.0.2.7', '203.0.113.9'],
    ['10.0.0.0/8', '::ffff:10.2.3.4', '203.0.113.9', '203.0.113.9'],
    ['on', '10.0.0.1', '203.0.113.9, 192.0.2.7', '203.0.113.9'],
    ['linklocal', 'fe80::1%eth0', '2001:db8::1', '2001:db8:0:0'],
    ['loopback', '127.0.0.1', '203.0.113.9:50123', '203.0.113.9'],
    ['loopback', '127.0.0.1', '[2001:db8::1]:50123', '2001:db8:0:0'],
    ['loopback', '127.0.0.1', 'a made-up address', 'unknown'],
  ])('with TRUST_PROXY=%s, from %s for %s, is %s', (setting, remote, forwarded, expected) => {
    expect(clientPrefix(requestFrom(remote, forwarded), trustProxy.parse(setting))).toBe(expected);
  });

  it('refuses a setting that is none', () => {
    expect(() => trustProxy.parse('everyone')).toThrow('must be off, on');
  });
});

describe('addressPrefix', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['::FFFF:cb00:7109', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::1', '2001:db8:1:2'],
    ['2001:0DB8::1', '2001:db8:0:0'],
    ['2001:db8:1::2:3', '2001:db8:1:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::1', '0:0:0:0'],
    ['', 'unknown'],
    ['1', 'unknown'],
    ['203.0.113.9.1', 'unknown'],
    ['1:'.repeat(4_000), 'unknown'],
    [undefined, 'unknown'],
  ])('of %s is %s', (address, expected) => {
    expect(addressPrefix(address)).toBe(expected);
  });
});
