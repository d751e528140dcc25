import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cleanUp, eventually } from '../support/harness.ts';
import { sendFleet, tui, typed, type SendFleet } from './send-fleet.ts';

let live: SendFleet;

beforeAll(async () => {
  live = sendFleet((log) => ({
    framed: tui(log('framed')),
    plain: tui(log('plain'), { bracketed: false }),
    shell: { command: ['bash', '--norc'] },
    lines: { command: ['cat'] },
  }));
  await live.must('apply');
  for (const name of ['framed', 'plain']) await eventually(async () => (await live.screen(name)).includes('Ready.'));
});
afterAll(cleanUp);

const PAYLOADS: readonly (readonly [string, string])[] = [
  ['a word', 'hello'],
  ['several lines', 'first\nsecond\n\n  fourth'],
  ['a tab', 'a\tb'],
  ['emoji and combining characters', '👩‍👩‍👧‍👦 e\u0301 ö 🇩🇪 \u{1F44D}🏽'],
  ['CJK, a byte order mark and a replacement character', '\ufeff日本語 \ufffd'],
  ['a leading dash', '-x'],
  ['something like an option', '--help'],
  ['a trailing semicolon', 'ends;'],
  ['a semicolon alone', ';'],
  ['an escaped semicolon', 'a\\;'],
  ['the name of a key', 'Enter'],
  ['the name of a control key', 'C-c'],
  ['formats of tmux', '#{pid} #(id) #[fg=red] %1 %H:%M'],
  ['substitutions of a shell', '$(id) `id` $HOME ${HOME} !! ~ *'],
  ['quotes', `it's "quoted"`],
  ['backslashes', '\\n \\ \\\\'],
  ['spaces around it', '  text  '],
  ['a final newline', 'text\n'],
  ['braces and comments of tmux', '{ } # %if 1'],
  ['4,096 characters in a line', 'x'.repeat(4096)],
];

describe('a message arrives byte for byte', () => {
  it.each(PAYLOADS)('B79: as words: %s', async (_what, text) => {
    for (const [agent, bracketed] of [
      ['framed', true],
      ['plain', false],
    ] as const) {
      const got = await live.readDuring(agent, async () => {
        expect(await live.receipts([agent, '--', text])).toEqual([
          {
            agent,
            receipt: 'delivered',
            evidence: { source: 'input-read', afterMs: expect.any(Number) },
            bytes: Buffer.byteLength(text),
            normalized: [],
            from: 'person',
          },
        ]);
      });
      expect(got).toEqual(typed(text, bracketed));
    }
  });

  it.each([100_000, 1_048_576])('from standard input: %i bytes', async (length) => {
    const text = 'The quick brown fox; jumps over #{the} lazy dog é\n'.repeat(length / 40).slice(0, length / 2);
    const input = text.padEnd(length - (Buffer.byteLength(text) - text.length), 'y');
    expect(Buffer.byteLength(input)).toBe(length);
    for (const [agent, bracketed] of [
      ['framed', true],
      ['plain', false],
    ] as const) {
      const got = await live.readDuring(agent, async () => {
        expect(await live.receipts([agent, '-'], { input })).toMatchObject([{ receipt: 'delivered', bytes: length }]);
      });
      expect(got.equals(typed(input, bracketed))).toBe(true);
    }
  });

  it('without what a pipe adds, and says so', async () => {
    const got = await live.readDuring('framed', async () => {
      const ended = await live.send(['framed', '-'], { input: 'a\r\nb\r\n' });
      expect(ended.stdout).toContain('(line ends CRLF were sent as LF)\n(the final newline was not sent)');
    });
    expect(got).toEqual(typed('a\nb', true));
  });

  it('to a shell and to a program that edits lines, as they read it', async () => {
    expect(await live.receipts(['shell', 'echo $((6*7))'])).toMatchObject([{ receipt: 'delivered' }]);
    await eventually(async () => (await live.screen('shell')).includes('42'));
    expect(await live.receipts(['lines', 'to cat'])).toMatchObject([{ receipt: 'delivered' }]);
  });

  it('and leaves no buffer behind', async () => {
    expect((await live.tmux('list-buffers')).stdout).toBe('');
  });
});

describe('B78: what would not arrive as it was given is refused', () => {
  it.each([
    ['an escape', 'a\nb\u001b[201~', 4, 'an escape character (U+001B) at 2:2 (byte 4)'],
    ['a NUL', 'é\u0000', 4, 'a control character (U+0000) at 1:2 (byte 3)'],
    ['what is no UTF-8', Buffer.from([0x61, 0xff]), 4, 'no UTF-8 (byte 0xFF) at 1:2 (byte 2)'],
    ['too much', 'x'.repeat(1_048_577), 4, 'more than 1048576 bytes'],
    ['nothing', '\n', 64, 'the message is empty'],
  ])('%s', async (_what, input, exitCode, words) => {
    const got = await live.readDuring('framed', async () => {
      expect(await live.send(['framed', '-'], { input })).toMatchObject({
        exitCode,
        stderr: expect.stringContaining(words),
      });
    });
    expect(got).toHaveLength(0);
  });

  it('a line that a terminal would cut, with its number', async () => {
    const input = `short\n${'x'.repeat(4096)}`;
    expect(await live.receipts(['lines', '-'], { input })).toMatchObject([
      { receipt: 'refused', reason: 'line-too-long', line: 2 },
    ]);
    expect(await live.receipts(['plain', '-'], { input })).toMatchObject([{ receipt: 'delivered' }]);
  });
});
