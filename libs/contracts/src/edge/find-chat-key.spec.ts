import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatChatKey } from './chat-key-text.js';
import { findChatKey } from './find-chat-key.js';

const bytes = Buffer.from('fbf1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf', 'hex');
const KEY = formatChatKey(bytes);
const FIRST = firstForm(bytes);
const HOST = 'https://chat.example';

function firstForm(chatKey: Uint8Array): string {
  const checksum = createHash('sha256').update('secure-chat/checksum/v1').update(chatKey).digest();
  return Buffer.concat([chatKey, checksum.subarray(0, 4)]).toString('base64url');
}

/** What is written around a key, or made of it, by people, messengers and mail programs. */
const AROUND: readonly (readonly [string, (key: string) => string])[] = [
  ['nothing', (key) => key],
  ['white space', (key) => ` \n\t${key}\u00a0\u3000 `],
  ['a full stop', (key) => `${key}.`],
  ['quotes', (key) => `"${key}"`],
  ['quotes of other languages', (key) => `„${key}“ «${key}» 「${key}」`],
  ['brackets', (key) => `(${key}) [${key}] {${key}}`],
  ['emphasis', (key) => `*${key}* **${key}** _${key}_ ~${key}~ \`${key}\``],
  ['marks without spaces', (key) => `密钥：${key}。谢谢`],
  ['words', (key) => `Hi, here it is: ${key} see you`],
  ['a word in front and behind', (key) => `key ${key} bye`],
  ['zero-width characters', (key) => `\u200b${key.slice(0, 9)}\u200b${key.slice(9)}\ufeff`],
  ['directional marks', (key) => `\u2067\u200f${key}\u202c\u2069`],
  ['soft hyphens', (key) => key.replace(/.{7}/gu, '$&\u00ad')],
  ['variation selectors', (key) => `${key}\ufe0f`],
  [
    'full-width characters',
    (key) => key.replace(/[0-9A-Za-z]/gu, (one) => String.fromCharCode(one.charCodeAt(0) + 0xfee0)),
  ],
  ['a line break in it', (key) => `${key.slice(0, 30)}\r\n${key.slice(30)}`],
  ['a quoted mail', (key) => `> ${HOST}/join#${key.slice(0, 25)}\n> ${key.slice(25)}\n>\n> Ann`],
  ['spaces in it', (key) => key.replace(/.{8}/gu, '$& ')],
  ['the link', (key) => `${HOST}/join#${key}`],
  ['the link in words', (key) => `Join me (${HOST}/join#${key}), please.`],
  ['the link in angle brackets', (key) => `<${HOST}/join#${key}>`],
  ['the link as Markdown', (key) => `[${HOST}/join#${key}](${HOST}/join#${key})`],
  ['the link with a slash', (key) => `${HOST}/join/#${key}`],
  ['the link with an escaped fragment', (key) => `${HOST}/join%23${key}`],
  ['the link with parameters', (key) => `${HOST}/join?utm_source=mail&utm_id=1#${key}`],
  ['the link with parameters behind', (key) => `${HOST}/join#${key}?fbclid=IwAR0abcdefghijklmnop`],
  ['the key as a parameter', (key) => `${HOST}/join?key=${key}`],
  ['the key as part of the path', (key) => `${HOST}/join/${key}`],
  [
    'the link in a link',
    (key) => `https://safe.example/?url=${encodeURIComponent(`${HOST}/join#${key}`)}&data=05%7C01`,
  ],
  [
    'the link in a link in a link',
    (key) => {
      const inner = `https://a.example/?u=${encodeURIComponent(`${HOST}/join#${key}`)}`;
      return `https://b.example/?u=${encodeURIComponent(inner)}&x=1`;
    },
  ],
  ['every character escaped', (key) => key.replace(/./gu, (one) => `%${one.charCodeAt(0).toString(16)}`)],
  ['a broken escape beside it', (key) => `100% ${HOST}/join#${key} %zz %ff`],
  ['quoted-printable', (key) => `${HOST}/join=23${key.slice(0, 20)}=\r\n${key.slice(20)}`],
  ['the key and the link', (key) => `${key}\n${HOST}/join#${key}`],
];

describe('a key is found', () => {
  it.each(AROUND)('with %s', (_, write) => {
    expect(findChatKey(write(KEY))).toEqual({ kind: 'one', key: KEY });
    expect(findChatKey(write(FIRST))).toEqual({ kind: 'one', key: FIRST });
  });

  it.each(AROUND)("with %s, in small letters, and today's form without hyphens", (_, write) => {
    expect(findChatKey(write(KEY.toLowerCase()))).toEqual({ kind: 'one', key: KEY });
    expect(findChatKey(write(KEY.replaceAll('-', '')))).toEqual({ kind: 'one', key: KEY });
  });

  it('with other hyphens between the groups', () => {
    for (const hyphen of ['\u2010', '\u2011', '\u2013', '\u2014', '\u2212', ' ', '.', ' - '])
      expect(findChatKey(KEY.replaceAll('-', hyphen))).toEqual({ kind: 'one', key: KEY });
  });

  it('whatever key it is, in whatever text', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 60 });
    const mark = fc.constantFrom(' ', '\n', '"', '<', '#', '(', '。', '\u200b ');
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.boolean(),
        text,
        mark,
        mark,
        text,
        (made, first, before, left, right, after) => {
          const key = first ? firstForm(made) : formatChatKey(made);

          expect(findChatKey(before + left + key + right + after)).toEqual({ kind: 'one', key });
        },
      ),
    );
  });
});

describe('no key is found', () => {
  it('in a text without one', () => {
    for (const text of [
      '',
      ' ',
      'see you',
      `${HOST}/join#`,
      `${HOST}/join#abc`,
      'x'.repeat(50_000),
      '-'.repeat(3_000),
    ])
      expect(findChatKey(text)).toEqual({ kind: 'none' });
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 300 }),
        (text) => findChatKey(text).kind === 'none',
      ),
    );
  });

  it('where it is mistyped, cut, or part of a longer word', () => {
    for (const key of [KEY, FIRST])
      for (const text of [key.slice(1), key.slice(0, -1), `${key}A`, `A${key}`, key.replace(/[02-9]/u, '1')])
        expect(findChatKey(`${HOST}/join#${text}`)).toEqual({ kind: 'none' });
  });
});

it('two keys are not taken for one, two forms of one are', () => {
  const other = formatChatKey(new Uint8Array(32).fill(5));

  expect(findChatKey(`${KEY} or ${other}`)).toEqual({ kind: 'several' });
  expect(findChatKey(`${FIRST}\n${other}`)).toEqual({ kind: 'several' });
  expect(findChatKey(`${FIRST} ${KEY}`).kind).toBe('one');
});
