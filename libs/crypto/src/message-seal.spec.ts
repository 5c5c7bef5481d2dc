import { randomBytes, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assertSealAllowed,
  createChatKey,
  deriveMessageKey,
  deriveNameKey,
  MAX_SEALS_PER_KEY,
  messageKeyFromBytes,
  messageKeyToBytes,
  OpenError,
  openMessage,
  SealLimitError,
  sealMessage,
  splitSealed,
  type MessageContext,
} from './index.js';
import { seal } from './aead.js';

const key = messageKeyFromBytes(randomBytes(32));
const text = fc.string({ unit: 'grapheme', maxLength: 300 });
const id = fc.uint8Array({ minLength: 16, maxLength: 16 });
const context = fc.record({
  chatId: id,
  messageId: id,
  senderId: id,
  clientMessageId: id,
  seq: fc.maxSafeNat(),
  sentAt: fc.maxSafeNat(),
});

function aContext(overrides: Partial<MessageContext> = {}): MessageContext {
  return {
    chatId: randomBytes(16),
    messageId: randomBytes(16),
    senderId: randomBytes(16),
    clientMessageId: randomBytes(16),
    seq: 1,
    sentAt: 1_764_000_000_000,
    ...overrides,
  };
}

describe('a sealed message', () => {
  it('opens as the text that was sealed, whatever the text and its place', () => {
    fc.assert(
      fc.property(context, text, (place, message) => {
        const sealed = sealMessage(key, place, message);

        expect(sealed.length).toBe(1 + 12 + Buffer.byteLength(message) + 16);
        expect(openMessage(key, place, sealed)).toBe(message);
      }),
    );
  });

  it.each([
    '',
    '\uFEFFa byte order mark',
    '\0',
    'a\r\nb',
    '👩‍👩‍👧‍👦',
    'é'.normalize('NFD'),
    '\u{10FFFF}'.repeat(4000),
  ])('opens exactly as sent: a text that other code might change (%#)', (message) => {
    const place = aContext();

    expect(openMessage(key, place, sealMessage(key, place, message))).toBe(message);
  });

  it('is refused when any bit was flipped', () => {
    const place = aContext();
    const sealed = sealMessage(key, place, 'Grüße 🔒');

    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => openMessage(key, place, changed)).toThrow(OpenError);
    }
  });

  it('is refused when any bit of its context is another one', () => {
    const ids = ['chatId', 'messageId', 'senderId', 'clientMessageId'] as const;
    fc.assert(
      fc.property(context, text, fc.constantFrom(...ids), fc.nat(127), (place, message, field, bit) => {
        const sealed = sealMessage(key, place, message);
        const changed = Uint8Array.from(place[field]);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));

        expect(() => openMessage(key, { ...place, [field]: changed }, sealed)).toThrow(OpenError);
      }),
    );
    fc.assert(
      fc.property(context, fc.constantFrom('seq', 'sentAt'), fc.maxSafeNat(), (place, field, other) => {
        fc.pre(other !== place[field]);
        const sealed = sealMessage(key, place, 'text');

        expect(() => openMessage(key, { ...place, [field]: other }, sealed)).toThrow(OpenError);
      }),
    );
  });

  it('is refused in the place of another one of the same chat', () => {
    const [one, other] = [aContext(), aContext()];
    const rows = { one: sealMessage(key, one, 'one'), other: sealMessage(key, other, 'other') };

    expect(() => openMessage(key, one, rows.other)).toThrow(OpenError);
    expect(() => openMessage(key, other, rows.one)).toThrow(OpenError);
  });

  it('is refused when sender and client id have changed places', () => {
    const place = aContext();
    const sealed = sealMessage(key, place, 'text');

    const swapped = { ...place, senderId: place.clientMessageId, clientMessageId: place.senderId };
    expect(() => openMessage(key, swapped, sealed)).toThrow(OpenError);
  });

  it('is refused under the key of another chat, and under another key of the same chat', () => {
    const [chatKey, chatId] = [createChatKey(), randomBytes(16)];
    const place = aContext({ chatId });
    const sealed = sealMessage(deriveMessageKey(chatKey, chatId), place, 'text');
    const wrong: KeyObject[] = [
      deriveMessageKey(chatKey, randomBytes(16)),
      deriveNameKey(chatKey, chatId),
      key,
    ];

    for (const other of wrong) expect(() => openMessage(other, place, sealed)).toThrow(OpenError);
    expect(openMessage(deriveMessageKey(chatKey, chatId), place, sealed)).toBe('text');
  });

  it('is refused when a damaged row gives parts of wrong sizes', () => {
    const place = aContext();
    const sealed = sealMessage(key, place, 'text');
    const damaged = [
      { senderId: new Uint8Array(15) },
      { messageId: new Uint8Array(0) },
      { seq: -1 },
      { sentAt: 0.5 },
    ];

    for (const part of damaged)
      expect(() => openMessage(key, { ...place, ...part }, sealed)).toThrow(OpenError);
    for (const length of [0, 1, 12, 28])
      expect(() => openMessage(key, place, sealed.subarray(0, length))).toThrow(OpenError);
  });

  it('is refused when its bytes are no UTF-8', () => {
    const place = aContext();
    // The context as README.md describes it, so that a well-sealed row with a foreign content can be made.
    const numbers = Buffer.alloc(16);
    numbers.writeBigUInt64BE(BigInt(place.seq), 0);
    numbers.writeBigUInt64BE(BigInt(place.sentAt), 8);
    const bound = Buffer.concat([
      Uint8Array.of(1, 1),
      place.chatId,
      place.messageId,
      place.senderId,
      place.clientMessageId,
      numbers,
    ]);
    const header = Uint8Array.of(1);

    expect(bound.length).toBe(82);
    expect(openMessage(key, place, seal(key, header, Buffer.from('é'), bound))).toBe('é');
    expect(() => openMessage(key, place, seal(key, header, Uint8Array.of(0xc3), bound))).toThrow(OpenError);
  });

  it('is another one each time, with a nonce that no other has', () => {
    const place = aContext();
    const count = 5_000;

    const sealed = Array.from({ length: count }, () => sealMessage(key, place, 'the same text'));
    expect(new Set(sealed.map((bytes) => Buffer.from(splitSealed(bytes).nonce).toString('hex'))).size).toBe(
      count,
    );
    expect(new Set(sealed.map((bytes) => Buffer.from(splitSealed(bytes).sealed).toString('hex'))).size).toBe(
      count,
    );
  });

  it('is not made of a text with a lone surrogate, nor for a context of wrong sizes', () => {
    expect(() => sealMessage(key, aContext(), 'a\uD800b')).toThrow(RangeError);
    expect(() => sealMessage(key, aContext({ chatId: new Uint8Array(17) }), 'a')).toThrow(RangeError);
    expect(() => sealMessage(key, aContext({ seq: 2 ** 53 }), 'a')).toThrow(RangeError);
    expect(() => sealMessage(key, aContext({ sentAt: NaN }), 'a')).toThrow(RangeError);
  });

  it('does not split when it is too short', () => {
    expect(() => splitSealed(new Uint8Array(28))).toThrow(OpenError);
  });
});

describe('a message key', () => {
  it('crosses the bus as its 32 bytes', () => {
    const messageKey = deriveMessageKey(createChatKey(), randomBytes(16));
    const bytes = messageKeyToBytes(messageKey);

    expect(bytes.length).toBe(32);
    expect(messageKeyFromBytes(bytes).equals(messageKey)).toBe(true);
    expect(() => messageKeyFromBytes(bytes.subarray(1))).toThrow(RangeError);
  });

  it('is not derived from a key or for a chat of another length', () => {
    expect(() => deriveMessageKey(new Uint8Array(31), randomBytes(16))).toThrow(RangeError);
    expect(() => deriveNameKey(createChatKey(), randomBytes(15))).toThrow(RangeError);
  });

  it('makes 2^32 seals and not one more', () => {
    expect(MAX_SEALS_PER_KEY).toBe(4_294_967_296);
    expect(() => assertSealAllowed(MAX_SEALS_PER_KEY - 1)).not.toThrow();
    expect(() => assertSealAllowed(MAX_SEALS_PER_KEY)).toThrow(SealLimitError);
    expect(() => assertSealAllowed(NaN)).toThrow(SealLimitError);
  });
});

describe('a message that answers another, disappears or was edited', () => {
  const ids = {
    chatId: Buffer.alloc(16, 1),
    messageId: Buffer.alloc(16, 2),
    senderId: Buffer.alloc(16, 3),
    clientMessageId: Buffer.alloc(16, 4),
    seq: 5,
    sentAt: 6,
  };
  const more = [
    {},
    { replyTo: Buffer.alloc(16, 8) },
    { expiresAt: 9 },
    { editedAt: 9 },
    { replyTo: Buffer.alloc(16, 8), expiresAt: 9 },
    { expiresAt: 9, editedAt: 9 },
    { replyTo: Buffer.alloc(16, 8), expiresAt: 9, editedAt: 10 },
  ];

  it('opens with all that it was sealed with, and with nothing else', () => {
    for (const sealedWith of more) {
      const sealed = sealMessage(key, { ...ids, ...sealedWith }, 'a');
      const others = more.filter((one) => one !== sealedWith);

      expect(openMessage(key, { ...ids, ...sealedWith }, sealed)).toBe('a');
      for (const other of others)
        expect(() => openMessage(key, { ...ids, ...other }, sealed)).toThrow(OpenError);
    }
  });

  it.each([{ replyTo: Buffer.alloc(15) }, { expiresAt: -1 }, { editedAt: 0.5 }])('refuses %o', (wrong) => {
    expect(() => sealMessage(key, { ...ids, ...wrong }, 'a')).toThrow(RangeError);
  });
});
