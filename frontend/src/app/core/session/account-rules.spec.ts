import { passwordFault, usernameFault } from './account-rules';

describe('a name for a new account', () => {
  it.each(['abc', 'A.b_c-9', 'x'.repeat(32)])('may be %s', (name) => {
    expect(usernameFault(name)).toBe('');
  });

  it.each([
    ['', 'Choose'],
    ['ab', 'at least 3'],
    ['x'.repeat(33), 'at most 32'],
    ['with space', 'letters, digits'],
    ['.dot', 'Start and end'],
    ['ünïcode', 'letters, digits'],
  ])('may not be %j', (name, words) => {
    expect(usernameFault(name)).toContain(words);
  });
});

describe('a password', () => {
  it('is counted in characters, after normalising', () => {
    expect(passwordFault('🙂'.repeat(8), 'alice')).toBe('');
    expect(passwordFault('🙂'.repeat(7), 'alice')).toContain('at least 8');
    expect(passwordFault('e\u0301'.repeat(7), 'alice')).toContain('at least 8');
    expect(passwordFault('x'.repeat(129), 'alice')).toContain('at most 128');
  });

  it('is not the username in any case', () => {
    expect(passwordFault('ALICE-smith', 'Alice-Smith')).toContain("can't be your username");
  });
});
