import { beginning } from './graphemes';

const FAMILY = '👨‍👩‍👧‍👦';

describe('the beginning of a text', () => {
  it.each([
    ['plain', 3, 'pla'],
    ['short', 9, 'short'],
    ['', 3, ''],
    [`a${FAMILY}b`, 2, `a${FAMILY}`],
    ['🙂🙂🙂', 2, '🙂🙂'],
    ['🇩🇪🇫🇷', 1, '🇩🇪'],
    ['👍🏽!', 1, '👍🏽'],
    ['e\u0301a\u0308', 1, 'e\u0301'],
    ['नमस्ते', 2, 'नम'],
    ['한국', 1, '한'],
    ['\r\nx', 1, '\r\n'],
  ])('of %j, %i characters long', (text, most, begins) => {
    expect(beginning(text, most)).toBe(begins);
  });

  it('never ends in half a character, wherever it is cut', () => {
    const text = `a🙂${FAMILY}🇩🇪e\u0301👍🏽`.repeat(3);
    for (let most = 0; most < 20; most++)
      expect(beginning(text, most)).not.toMatch(/[\ud800-\udbff]$|\u200d$/);
    expect(beginning(text, 7)).toBe(`a🙂${FAMILY}🇩🇪e\u0301👍🏽a`);
  });
});
