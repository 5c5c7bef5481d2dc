import { chatNameFault, passwordFault, typedName, usernameFault } from './account-rules';

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

it.each(['ann ', ' ann', '\tann\n', '\u00a0ann\u3000', '\u200bann\ufeff', 'ann'])(
  'a name is meant without what stands around it: %j',
  (typed) => {
    expect(typedName(typed)).toBe('ann');
  },
);

describe('the name of a chat', () => {
  it.each(['a', '你好', '🙂', 'x'.repeat(80), '🙂'.repeat(80)])('may be %s', (name) => {
    expect(chatNameFault(name)).toBe('');
  });

  it.each([
    ['\u200b', 'visible'],
    ['\u2800', 'visible'],
    ['\u3164\u00ad\u202e', 'visible'],
    ['x'.repeat(81), 'at most 80'],
  ])('may not be %j', (name, words) => {
    expect(chatNameFault(name)).toContain(words);
  });
});
