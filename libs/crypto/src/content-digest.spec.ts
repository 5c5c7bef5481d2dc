import { createSecretKey, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { contentDigest } from './content-digest.js';

it('the digest of a content is the same for the same and another for anything else', () => {
  const [key, other] = [createSecretKey(randomBytes(32)), createSecretKey(randomBytes(32))];
  const [id, replyTo] = [randomBytes(16), randomBytes(16)];
  const digest = contentDigest(key, id, 'a', null);

  expect(contentDigest(key, id, 'a', null)).toEqual(digest);
  const others = [
    contentDigest(other, id, 'a', null),
    contentDigest(key, replyTo, 'a', null),
    contentDigest(key, id, 'b', null),
    contentDigest(key, id, 'a', replyTo),
    contentDigest(key, id, '', null),
  ];
  for (const one of others) expect(one).not.toEqual(digest);
  expect(digest).toHaveLength(32);
});
