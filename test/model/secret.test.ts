import { describe, expect, it } from '@jest/globals';
import { hideSecrets, isSecretFlag, isSecretName, isSecretValue } from '../../src/model/secret.ts';

describe('a secret', () => {
  it.each([
    'SECRET_KEY_BASE',
    'MYTOKEN',
    'GITHUB_TOKEN',
    'OPENAI_API_KEY',
    'apiKey',
    'DB_PASS',
    'API_KEY_2',
    'PGPASSWORD',
  ])('is told by the name %s', (name) => {
    expect(isSecretName(name)).toBe(true);
  });

  it.each(['MONKEY', 'KEYBOARD_LAYOUT', 'MAX_OUTPUT_TOKENS', 'TOKENIZERS_PARALLELISM', 'BYPASS', 'PATH'])(
    'is not told by the name %s',
    (name) => {
      expect(isSecretName(name)).toBe(false);
    },
  );

  it.each([
    'GITHUB_TOKEN=abc',
    'OPENAI_API_KEY=abc codex --yolo',
    'env SECRET_KEY_BASE="a b" tool',
    'tool --token abc',
    'tool --token-file=abc',
    'bob:s3cret@proxy:3128',
    'http://bob:s3cret@proxy',
    'curl -H "Authorization: Bearer abc"',
    'authorization=abc',
    'Bearer abc4567',
  ])('is found inside %s', (text) => {
    expect(isSecretValue(text)).toBe(true);
    expect(hideSecrets(text)).not.toMatch(/abc|a b|s3cret/);
  });

  it.each([
    'codex --max-tokens 4096',
    'MONKEY=abc',
    'TOKEN=$(pass show it) codex',
    'node:20@sha256:0123456789abcdef',
    'git@example.org:me/it.git',
    '/home/me/token-service',
  ])('is not seen in %s', (text) => {
    expect(isSecretValue(text)).toBe(false);
  });

  it('may follow a flag that names it', () => {
    expect(isSecretFlag('--api-key')).toBe(true);
    expect(isSecretFlag('--keyboard')).toBe(false);
  });

  it('is looked for in linear time', () => {
    const started = performance.now();
    for (const piece of ['token', 'key-', 'a ', 'x:', 'a:b@', '--token '])
      hideSecrets(piece.repeat(200_000 / piece.length));
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
