import { describe, expect, it } from '@jest/globals';
import { redactPatch, shownPatch } from '../../../src/cli/view/redact.ts';
import type { PatchOperation } from '../../../src/model/plan.ts';
import type { Json } from '../../../src/model/resource.ts';

const shown = (path: string, value: Json): Json | undefined =>
  redactPatch({ patch: [{ op: 'replace', path, value }] })[0]?.value;

describe('redactPatch', () => {
  it.each<[string, Json]>([
    ['/env/OPENAI_API_KEY', 'abc'],
    ['/env/MY_TOKEN', 'abc'],
    ['/env/DB_PASSWORD', 'abc'],
    ['/command/2', 'sk-abcdefghijklmnopqrstuvwx'],
    ['/command/2', '--api-key=abc'],
  ])('hides the value at %s', (path, value) => {
    expect(shown(path, value)).toBe('(hidden)');
  });

  it.each<[string, Json]>([
    ['/env/SECRET_KEY_BASE', 'abc'],
    ['/env/MYTOKEN', 'abc'],
    ['/command/1', 'GITHUB_TOKEN=abc'],
    ['/shell', 'OPENAI_API_KEY=abc cmd'],
    ['/env/http_proxy', 'bob:s3cret@proxy:3128'],
  ])('hides at %s whatever %j holds', (path, value) => {
    expect(shown(path, value)).toBe('(hidden)');
  });

  it('hides secrets inside a whole environment, and leaves the rest', () => {
    expect(shown('/env', { RUST_LOG: 'info', GITHUB_TOKEN: 'abc' })).toEqual({
      RUST_LOG: 'info',
      GITHUB_TOKEN: '(hidden)',
    });
  });

  it('hides what follows a flag that names a secret', () => {
    expect(shown('/command', ['tool', '--token', 'abc', '--verbose', 'yes'])).toEqual([
      'tool',
      '--token',
      '(hidden)',
      '--verbose',
      'yes',
    ]);
  });

  it('hides a word that alone has changed behind such a flag, and no other', () => {
    const spec = { command: ['tool', '--token', 'abc', 'def'] };
    const desired = { address: 'launch.a', group: 'agent.a', provider: 'files', spec };
    const patch = [1, 2, 3].map((at) => ({ op: 'replace' as const, path: `/command/${at}`, value: `w${at}` }));
    expect(redactPatch({ patch, desired }).map(({ value }) => value)).toEqual(['w1', '(hidden)', 'w3']);
  });

  it.each<[string, Json]>([
    ['/env/MY_TOKEN', 'abc'],
    ['/command/1', 'GITHUB_TOKEN=abc'],
    ['/Service/Environment', 'API_KEY=abc'],
  ])('hides what was at %s', (path, old) => {
    expect(redactPatch({ patch: [{ op: 'remove', path, old }] })).toEqual([{ op: 'remove', path, old: '(hidden)' }]);
  });

  it.each<[string, Json]>([
    ['/env/RUST_LOG', 'info'],
    ['/command/1', '--profile'],
    ['/workingDirectory', '/home/me/token-service'],
    ['/Service/MemoryMax', '4G'],
  ])('shows the value at %s', (path, value) => {
    expect(shown(path, value)).toBe(value);
  });
});

describe('shownPatch', () => {
  const text = (operation: Partial<PatchOperation>): string | undefined =>
    shownPatch({ patch: [{ op: 'replace', path: '/x', ...operation }] })[0]?.text;

  it('shows what was and what is to be', () => {
    expect(text({ old: 'a', value: ['b'] })).toBe('"a" → ["b"]');
    expect(text({ old: 'a' })).toBe('"a"');
    expect(text({ value: 'b' })).toBe('"b"');
  });

  it('shows of two long texts where they part, and that something is left out', () => {
    const long = 'a'.repeat(300);
    expect(text({ old: `${long}1`, value: `${long}2` })).toBe(`…${'a'.repeat(40)}1" → …${'a'.repeat(40)}2"`);
    expect(text({ value: long })).toBe(`"${'a'.repeat(199)}…`);
    expect(text({ old: `${long}😀`, value: `${long}😁` })).toBe(`…${'a'.repeat(39)}😀" → …${'a'.repeat(39)}😁"`);
  });

  it('shows the beginning of a digest', () => {
    expect(text({ old: '0'.repeat(64), value: `f${'0'.repeat(63)}` })).toBe('"000000000000…" → "f00000000000…"');
  });
});
