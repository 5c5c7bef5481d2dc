import { shownText, textBlocks } from './text-blocks';
import type { TextBlock, TextSpan } from './text-parts';

/** What is shown, with a letter for each kind: B bold, I italic, S strikethrough, C code, Q quote, L list, P code block. */
function drawn(source: string): string {
  return textBlocks(source).map(drawBlock).join('|');
}

function drawBlock(block: TextBlock): string {
  if (block.kind === 'text') return drawSpans(block.spans);
  if (block.kind === 'code') return `P${block.label}{${block.code}}`;
  if (block.kind === 'quote') return `Q{${block.blocks.map(drawBlock).join('|')}}`;
  const items = block.items.map(({ mark, blocks }) => `${mark}${blocks.map(drawBlock).join('|')}`);
  return `${block.bullets ? 'U' : 'L'}{${items.join(';')}}`;
}

function drawSpans(spans: readonly TextSpan[]): string {
  return spans
    .map((span) => {
      if (span.kind === 'text') return span.href === null ? span.text : `<${span.text}>`;
      if (span.kind === 'code') return `C{${span.text}}`;
      return `${{ strong: 'B', emphasis: 'I', strike: 'S' }[span.kind]}{${drawSpans(span.spans)}}`;
    })
    .join('');
}

const HOSTILE: readonly string[] = [
  '`',
  '*',
  '_',
  '[',
  '(',
  '>',
  '- ',
  '**_',
  '![',
  '<a',
  '\\',
  '[](',
  '> ',
  '> \n',
  '- \n',
  '*a ',
  'a* ',
  '*a* ',
  '_a_ ',
  '~~a~~ ',
  '`a` ',
  '`a ',
  'a` ',
  '``a`` ',
  '~~',
  '\\*',
  '\\*a\\* ',
  '\\_\\`',
  '1. ',
  '1. a\n',
  '- a\n',
  '- a\n\n',
  '> a\n',
  '```\n',
  '```\na\n```\n',
  '~~~',
  '"*',
  '(*',
  '*(',
  '*.,',
  '\u200b',
  '*\u200b',
  '\u0301*',
  'https://a.example/*b* ',
  'https://a.example/_ ',
  'https://',
  '|-',
  '\t- ',
  '🎉*',
  '字*字',
  '*a\n',
  '>>> a\n',
];

describe('the blocks of a text', () => {
  it.each([
    ['**bold**', 'B{bold}'],
    ['a **bold word** b', 'a B{bold word} b'],
    ['*italic*', 'I{italic}'],
    ['_italic_', 'I{italic}'],
    ['***both***', 'I{B{both}}'],
    ['**bold _and italic_**', 'B{bold I{and italic}}'],
    ['**bold *and italic***', 'B{bold I{and italic}}'],
    ['_**both**_', 'I{B{both}}'],
    ['~~gone~~', 'S{gone}'],
    ['~~gone **and bold**~~', 'S{gone B{and bold}}'],
    ['`code`', 'C{code}'],
    ['run `npm test`, then', 'run C{npm test}, then'],
    ['two `var`s', 'two C{var}s'],
    ['``a ` b``', 'C{a ` b}'],
    ['```one line```', 'C{one line}'],
    ['`**as it is**`', 'C{**as it is**}'],
    ['**`code`**', 'B{C{code}}'],
    ['(*so*), "**so**", *so*: **so**!', '(I{so}), "B{so}", I{so}: B{so}!'],
    ["*Titanic*'s captain", "I{Titanic}'s captain"],
    ['**two\nlines**', 'B{two\nlines}'],
    ['🎉**Party**🎉', '🎉B{Party}🎉'],
    ['这是**粗体**字', '这是B{粗体}字'],
    ['«*так*»', '«I{так}»'],
    ['**עברית** *عربى*', 'B{עברית} I{عربى}'],
    ['*hi*—and', 'I{hi}—and'],
    ['**50%** *C++* **C#** *¿qué?*', 'B{50%} I{C++} B{C#} I{¿qué?}'],
  ])('has marked text: %j', (source, shown) => {
    expect(drawn(source)).toBe(shown);
  });

  it.each([
    ['- one\n- two', 'U{- one;- two}'],
    ['* one\n* two', 'U{* one;* two}'],
    ['+ one\n+ two', 'L{+ one;+ two}'],
    ['- one', 'L{- one}'],
    ['- 5 degrees', 'L{- 5 degrees}'],
    ['+ cheap\n+ fast\n- heavy\n- loud', 'L{+ cheap;+ fast}|L{- heavy;- loud}'],
    ['1. one\n2. two', 'L{1. one;2. two}'],
    ['1. one\n1. one\n3) three', 'L{1. one;1. one}|L{3) three}'],
    ['6. sixth', 'L{6. sixth}'],
    ['007. Bond', 'L{007. Bond}'],
    ['1986. A good year', 'L{1986. A good year}'],
    ['born in\n1986. A good year', 'born in\n1986. A good year'],
    ['To buy:\n- milk\n- eggs\nSee you', 'To buy:|U{- milk;- eggs}|See you'],
    ['- a\n  - b\n  - c\n- d', 'U{- a|U{- b;- c};- d}'],
    ['1. **a**\n   more\n2. b', 'L{1. B{a}\nmore;2. b}'],
    ['- a\n\n- b', 'U{- a;- b}'],
    ['- a\n-\n- c', 'U{- a;- ;- c}'],
  ])('has lists: %j', (source, shown) => {
    expect(drawn(source)).toBe(shown);
  });

  it.each([
    ['> said', 'Q{said}'],
    ['> one\n> two', 'Q{one\ntwo}'],
    ['> said\nmy answer', 'Q{said}|my answer'],
    ['> said\n      my answer', 'Q{said}|      my answer'],
    ['> said\n\nmy answer', 'Q{said}|my answer'],
    ['before\n> said', 'before|Q{said}'],
    ['> > twice\n> once', 'Q{Q{twice}|once}'],
    ['> **bold\n> still**', 'Q{B{bold\nstill}}'],
    ['> - a\n> - b', 'Q{U{- a;- b}}'],
    ['> one\n>\n> two', 'Q{one\n\ntwo}'],
    ['>   indented\n>     more', 'Q{indented\n    more}'],
    ['> ```\n> a\n>  b\n> ```', 'Q{P{a\n b}}'],
    ['- > said\n  > more', 'L{- Q{said\nmore}}'],
  ])('has quotes: %j', (source, shown) => {
    expect(drawn(source)).toBe(shown);
  });

  it.each([
    ['```\na\n```', 'P{a}'],
    ['```js\nlet a = **1**;\n\n  b\n```', 'Pjs{let a = **1**;\n\n  b}'],
    ['~~~\n```\n~~~', 'P{```}'],
    ['see\n```\n\ta <b>\n```\nso', 'see|P{\ta <b>}|so'],
    ['```\nhttps://a.example\n```', 'P{https://a.example}'],
    ['- a\n  ```\n  b\n  ```', 'L{- a|P{b}}'],
  ])('has code: %j', (source, shown) => {
    expect(drawn(source)).toBe(shown);
  });

  // What would show nothing, or less, is shown as it was written.
  it.each([
    '2018.',
    '-',
    '+',
    '*',
    '>',
    '>>>>>>',
    '> > >',
    '>>>>>',
    '---',
    '***',
    '___',
    '* * *',
    '- - -',
    '> -',
    '- >',
    '1. 2. 3.',
    '[a]:[b]',
    '[a]: https',
    '```',
    '```js',
    '``````',
    '```\n```',
    '```\n\n```',
    '```js\n```',
    '~~~',
    '~~~~',
    '~~~\nnever closed',
    '```\nnever closed',
    '#',
    '# no heading',
    'no\n===',
    'no\n---',
    '**',
    '****',
    '** **',
    '__',
    '_ _',
    '![](x)',
    '![image](https)',
    '<b>',
    '<b>bold</b>',
    '<!-- comment -->',
    '&nbsp;',
    '&lt;b&gt;',
    '\\',
    '\\\\',
    '\\\n',
    '` `',
    '`\u200b`',
    '*\u200b*',
    '*\u2800*',
    '~~\u00ad~~',
    '| a | b |\n| - | - |',
    '    four spaces',
    '* * * *\n * * *',
  ])('shows as written what would show nothing: %j', (source) => {
    expect(drawn(source)).toBe(source);
  });

  // Formatting changes nothing of what was said.
  it.each([
    '¯\\_(ツ)_/¯',
    '\\o/',
    'C:\\new_folder\\_x_',
    'C:\\*.txt and D:\\*.txt',
    '\\\\server\\share',
    '\\\\server\\_x_',
    'ANDROID_NDK_ROOT',
    'snake_case and other_snake_case',
    '__init__ and __name__',
    '__init__.py',
    '_id, _rev and user_id',
    '2*3*4=24',
    '2 * 3 * 4',
    '5**2 and 6**2',
    'a*b*c',
    '长*宽*高',
    'f(*args, **kwargs)',
    'int *p, *q;',
    '*p++ = *q++;',
    '*.ts, *.js',
    '*.ts,*.js',
    '(*.ts|*.js)',
    'src/*.ts and test/*.js',
    '/*comment*/',
    '**/*.ts',
    '~5 min ~10 min',
    '~/.config/~user',
    '5 > 3',
    '>:(',
    '>_< and >_>',
    '>.<',
    '->',
    '>= 3',
    '>>> print(1)',
    '<3',
    '*_*',
    '(*_*)',
    '(*^_^*)',
    '(*´ω`*)',
    '(´･ω･`) and (´･ω･`)',
    '(*ﾟ∀ﾟ*)',
    '^_^ -_- T_T',
    '*️⃣ press *️⃣',
    ':* love you :*',
    '"*" and "*"',
    '(*) one (*) two',
    '4* and 5* hotels',
    '10€*\n\n*plus tax',
    'the `90s and the `80s',
    'html`<p>`',
    'it`s and that`s',
    '*̈a* b*',
    '  two spaces\n\n\n  and   more  \n',
    '\tas\ttyped\r\nhere',
    'a\n\n\n\nb',
  ])('leaves as it was written: %j', (source) => {
    expect(drawn(source)).toBe(source);
  });

  it.each([
    ['1986. A good year\n1987. A better one', 'L{1986. A good year;1987. A better one}'],
    ['- 5 degrees', 'L{- 5 degrees}'],
  ])('keeps the mark of a list in what is shown: %j', (source, shown) => {
    expect(drawn(source)).toBe(shown);
    expect(shownText(textBlocks(source))).toBe(source);
  });

  it.each([
    ['\\*not italic\\*', '*not italic*'],
    ['\\*not italic*', '*not italic*'],
    ['*not italic\\*', '*not italic*'],
    ['\\*\\*not bold\\*\\*', '**not bold**'],
    ['\\**not bold**', '**not bold**'],
    ['\\_no\\_ and _yes_', '_no_ and I{yes}'],
    ['\\~~no~~', '~~no~~'],
    ['\\`no code\\`', '`no code`'],
    ['\\> no quote', '> no quote'],
    ['\\- no list', '- no list'],
    ['1\\. no list', '1. no list'],
    ['> \\- no list', 'Q{- no list}'],
    ['\\```\nno code\n\\```', '```\nno code\n```'],
    ['a \\* b', 'a \\* b'],
    ['2\\*3\\*4', '2\\*3\\*4'],
    ['`\\*`', 'C{\\*}'],
    ['\\```', '\\```'],
    ['\\-1 and \\+1', '\\-1 and \\+1'],
    ['\\\\*a*', '\\\\*a*'],
  ])('loses a backslash only before a mark that it protects: %j', (source, shown) => {
    expect(drawn(source)).toBe(shown);
  });

  it.each([
    ['[https://bank.example](https://evil.example)', '[https://bank.example](https://evil.example)'],
    ['[bank](https://evil.example)', '[bank](<https://evil.example>)'],
    ['[click](javascript:alert(1))', '[click](javascript:alert(1))'],
    ['[x](data:text/html,<b>)', '[x](data:text/html,<b>)'],
    ['<https://a.example>', '<<https://a.example>>'],
    ['[a]: https://a.example', '[a]: <https://a.example>'],
    ['![a](https://a.example/b.png)', '![a](<https://a.example/b.png>)'],
    ['https://google.com@evil.example', 'https://google.com@evil.example'],
    ['https://a∕b@evil.example', 'https://a∕b@evil.example'],
    ['**https://a.example/b**', 'B{<https://a.example/b>}'],
    ['*see https://a.example/b_c_d*', 'I{see <https://a.example/b_c_d>}'],
    ['_https://a.example/b_', 'I{<https://a.example/b>}'],
    ['~~https://a.example/b~~', 'S{<https://a.example/b>}'],
    ['`https://a.example`', 'C{https://a.example}'],
    ['> https://a.example/*b*/c', 'Q{<https://a.example/*b*/c>}'],
    ['- https://a.example\n- b', 'U{- <https://a.example>;- b}'],
    [
      'https://git.example/merge_requests/1 and https://git.example/merge_requests/2',
      '<https://git.example/merge_requests/1> and <https://git.example/merge_requests/2>',
    ],
    [
      'https://a.example/_x_ and https://a.example/*y*',
      '<https://a.example/_x_> and <https://a.example/*y>*',
    ],
    ['https://a.example/~~x~~/y', '<https://a.example/~~x~~/y>'],
    ['mailto:some_body_else@a.example', '<mailto:some_body_else@a.example>'],
    ['\\*https://a.example/b\\*', '*<https://a.example/b>*'],
    ['www.a.example and a@b.example', 'www.a.example and a@b.example'],
  ])('links what was written, and nothing else: %j', (source, shown) => {
    expect(drawn(source)).toBe(shown);
  });

  it('shows every character but marks, whatever the text is', () => {
    const pieces = [
      ...HOSTILE,
      'word',
      ' ',
      '\n',
      '\n\n',
      '  ',
      ')',
      '. ',
      '字',
      '🙂',
      'https://a.example/x_y',
    ];
    let seed = 7;
    const next = (below: number): number => (seed = (seed * 16_807) % 2_147_483_647) % below;
    for (let run = 0; run < 400; run++) {
      const source = Array.from({ length: 2 + next(14) }, () => pieces[next(pieces.length)]).join('');
      const letters = (text: string): string => text.replace(/[\s*_~`>\\]/gu, '');
      const marks = (text: string): number => text.replace(/\s/gu, '').length;

      const shown = shownText(textBlocks(source));

      expect(letters(shown), JSON.stringify(source)).toBe(letters(source));
      expect(marks(shown)).toBeLessThanOrEqual(marks(source));
      expect(source.trim() === '' || shown.trim() !== '', JSON.stringify(source)).toBe(true);
    }
  }, 60_000);

  it('takes any 4,000 characters, in time and in pieces', () => {
    const texts = HOSTILE.flatMap((piece) => {
      const times = Math.ceil(4_000 / piece.length);
      const whole = piece.repeat(times).slice(0, 4_000);
      return [whole, `a${whole.slice(1)}`, `${whole.slice(0, 2_000)}\n${whole.slice(0, 1_999)}`];
    });
    texts.push(`${'*a '.repeat(660)}${'a* '.repeat(660)}`, `${'~~a '.repeat(500)}${'a* '.repeat(660)}`);
    texts.push(Array.from({ length: 88 }, (_, size) => `${'`'.repeat(size)}a`).join(''));
    texts.push(Array.from({ length: 60 }, (_, depth) => `${' '.repeat(depth * 2)}- a`).join('\n'));
    texts.push('> '.repeat(40).concat('a\n').repeat(49), '- '.repeat(900).concat('a\n').repeat(2));
    const began = performance.now();

    const counts = texts.map((text) => textBlocks(text).reduce((sum, block) => sum + pieceCount(block), 0));

    expect(performance.now() - began).toBeLessThan(10_000);
    expect(Math.max(...counts)).toBeLessThanOrEqual(1_000);
  }, 60_000);

  it('nests quotes and marks to a depth, and shows the rest as it was written', () => {
    expect(drawn(`${'> '.repeat(12)}a`)).toBe(`${'Q{'.repeat(9)}> > > a${'}'.repeat(9)}`);
    expect(drawn(`${'*_'.repeat(6)}a${'_*'.repeat(6)}`)).toBe(
      `${'I{'.repeat(8)}${'*_'.repeat(2)}a${'_*'.repeat(2)}${'}'.repeat(8)}`,
    );
  });

  it('shows as written what is longer than a message may be, and what has too many pieces', () => {
    expect(drawn(`**a** ${'b'.repeat(9_000)}`)).toBe(`**a** ${'b'.repeat(9_000)}`);
    expect(drawn('*a* '.repeat(251))).toBe('*a* '.repeat(251));
    expect(drawn('*a* '.repeat(100))).toBe('I{a} '.repeat(100));
    expect(drawn('- a\n'.repeat(200))).toBe('- a\n'.repeat(200));
  });
});

function pieceCount(block: TextBlock): number {
  if (block.kind === 'text') return 1 + spanCount(block.spans);
  if (block.kind === 'code') return 1;
  const inner = block.kind === 'quote' ? block.blocks : block.items.flatMap(({ blocks }) => blocks);
  return 1 + inner.reduce((sum, one) => sum + pieceCount(one), 0);
}

function spanCount(spans: readonly TextSpan[]): number {
  return spans.reduce((sum, span) => sum + 1 + ('spans' in span ? spanCount(span.spans) : 0), 0);
}
