import { describe, expect, it } from '@jest/globals';
import { formatDiagnostic, formatDiagnostics } from '../../src/manifest/frame.ts';
import type { Diagnostic } from '../../src/model/diagnostic.ts';
import { manifest, parse, withAgent } from './support.ts';

const diagnostic: Diagnostic = {
  severity: 'error',
  file: 'f.yaml',
  line: 2,
  col: 3,
  length: 4,
  code: 'E_X',
  message: 'no',
};

describe('a formatted diagnostic', () => {
  it('is position, message, the marked line and the hint', () => {
    const text = 'one\n  abcd: x\nthree';
    expect(formatDiagnostic({ ...diagnostic, hint: 'Do this.' }, text)).toBe(
      ['f.yaml:2:3: no', '    2 |   abcd: x', '      |   ^^^^', '  hint: Do this.'].join('\n'),
    );
  });

  it('says that a warning is one', () => {
    expect(formatDiagnostic({ ...diagnostic, severity: 'warning' }, '')).toBe('f.yaml:2:3: warning: no');
  });

  it('marks the right column after tabs, wide characters and combining marks', () => {
    for (const before of ['\t\t', '漢', '🤖', 'e\u0301e']) {
      const [, line = '', carets = ''] = formatDiagnostic(
        { ...diagnostic, line: 1, col: before.length + 1 },
        `${before}abcd`,
      ).split('\n');
      expect(carets.indexOf('^') - 8).toBe(2);
      expect(line.endsWith('abcd')).toBe(true);
    }
  });

  it('shows only the surroundings of a mark in a long line', () => {
    const text = `${'a'.repeat(50_000)}abcd${'b'.repeat(50_000)}`;
    const shown = formatDiagnostic({ ...diagnostic, line: 1, col: 50_001 }, text);
    expect(shown.length).toBeLessThan(500);
    expect(shown).toContain('abcdb');
  });

  it('holds nothing that a terminal would act on', () => {
    const evil = '\u001b]0;x\u0007\u009b31m\u202e\r\u2028\ufeff';
    const shown = formatDiagnostic({ ...diagnostic, line: 1, file: evil, message: evil, hint: evil }, `ab${evil}cd`);
    expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2028\ufeff]/);
    expect(shown).toContain('\\u{1b}');
  });
});

describe('many diagnostics', () => {
  it('are shown up to 20, and the rest is counted', () => {
    const shown = formatDiagnostics(
      Array.from({ length: 23 }, () => diagnostic),
      '',
    );
    expect(shown.match(/f\.yaml/g)).toHaveLength(20);
    expect(shown.endsWith('... and 3 more')).toBe(true);
  });
});

describe('what looks like a secret', () => {
  const secret = 'hunter2hunter2';

  it.each([
    ['a wrong value of a variable', withAgent('command: [x]\nenv: { API_TOKEN: [hunter2hunter2] }')],
    ['a variable beside a mistake', withAgent('command: [x]\nenv: { API_TOKEN: hunter2hunter2, PORT: 80 }')],
    [
      'a variable with a space in it',
      withAgent('command: [x]\nenv:\n  DB_PASSWORD: a, hunter2hunter2, b\n  DB_PASSWORD: again'),
    ],
    ['a word after a flag', withAgent('command: [x, --api-key, hunter2hunter2, 80]')],
    ['a flag with a value', withAgent('command: [x, --token=hunter2hunter2, 80]')],
    ['a password in a URL', withAgent('command: [x, "https://me:hunter2hunter2@host", 80]')],
    ['a syntax error beside it', withAgent('command: [x]\nenv: { SECRET: hunter2hunter2, "a" "b" }')],
    ['an unknown key that is one', manifest('agents: {}\nsecret: hunter2hunter2')],
  ])('is not printed: %s', (_, source) => {
    const { diagnostics, text } = parse(source);
    expect(diagnostics.length).toBeGreaterThan(0);
    expect(formatDiagnostics(diagnostics, text)).not.toContain(secret);
    expect(JSON.stringify(diagnostics)).not.toContain(secret);
  });
});
