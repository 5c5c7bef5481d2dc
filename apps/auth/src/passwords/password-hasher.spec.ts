import { describe, expect, it } from 'vitest';
import { COMMON_PASSWORDS, isCommonPassword } from './common-passwords.js';
import { PasswordHasher } from './password-hasher.js';

describe('PasswordHasher', () => {
  it('creates Argon2id hashes of 19 MiB or more that match their password in any Unicode form', async () => {
    const hasher = new PasswordHasher();

    const stored = await hasher.hash('ann', 'Kätzchen und Zange');

    expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await hasher.matches('ann', 'Kätzchen und Zange'.normalize('NFD'), stored)).toBe(true);
    expect(await hasher.matches('ann', 'Katzchen und Zange', stored)).toBe(false);
    expect(hasher.isOutdated(stored)).toBe(false);
    expect(hasher.isOutdated(stored.replace('m=19456', 'm=4096'))).toBe(true);
  });

  it('checks a hash also without a user, and never matches', async () => {
    expect(await new PasswordHasher().matches('nobody', 'nobody has this password', undefined)).toBe(false);
  });

  it('rejects at once when too many wait, also without a user, and answers every call', async () => {
    const hasher = new PasswordHasher();
    const waiting: Promise<string>[] = [];
    while (hasher.waiting < 128) waiting.push(hasher.hash('ann', 'one of very many'));

    await expect(hasher.hash('ann', 'one too many')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    await expect(hasher.matches('ann', 'one too many', undefined)).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    });

    const answers = await Promise.all(waiting.map((hash) => hash.catch((error: unknown) => error)));
    const hashes = answers.filter((answer) => typeof answer === 'string');
    expect(hashes.length).toBeGreaterThan(0);
    for (const refused of answers.filter((answer) => typeof answer !== 'string'))
      expect(refused).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(await hasher.matches('ann', 'nobody has this password', undefined)).toBe(false);
  }, 20_000);
});

describe('isCommonPassword', () => {
  it('recognises the 3,000 most common ones in any case and width', () => {
    expect(COMMON_PASSWORDS).toBe(3_000);
    expect(isCommonPassword('PassWord')).toBe(true);
    expect(isCommonPassword('ｐａｓｓｗｏｒｄ')).toBe(true);
    expect(isCommonPassword('correct horse battery staple')).toBe(false);
  });
});
