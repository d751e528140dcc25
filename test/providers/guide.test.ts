import { afterAll, describe, expect, it } from '@jest/globals';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { sh } from '../support/process.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const GUIDE = readFileSync(join(ROOT, 'docs/guides/add-a-provider.md'), 'utf8');

/** The files of the guide: a heading that is a path, and the first block of code below it. */
const files = [...GUIDE.matchAll(/^### `([^`]+)`\n\n```ts\n(.*?)^```$/gms)].map(([, path = '', text = '']) => ({
  path,
  text,
}));
const tree = layOut();

afterAll(() => rmSync(tree, { recursive: true }));

/** The guide's files in a tree of their own, beside links to everything of this one that they use. */
function layOut(): string {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), 'mosaic-guide-'));
  const rooms = readdirSync(join(ROOT, 'src')).filter((name) => name !== 'providers');
  const neighbours = readdirSync(join(ROOT, 'src/providers')).map((name) => `providers/${name}`);
  const sources = [...rooms, ...neighbours].map((name) => `src/${name}`);
  const shared = [...sources, 'test/support', 'test/providers/bench.ts', 'test/providers/contract.ts'];
  for (const path of [...shared, 'node_modules']) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    symlinkSync(join(ROOT, path), join(directory, path));
  }
  for (const { path, text } of files) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  const compilerOptions = { rootDir: '/', noEmit: true, incremental: false, tsBuildInfoFile: null };
  const settings = {
    extends: join(ROOT, 'tsconfig.test.json'),
    compilerOptions,
    include: ['src/providers', 'test/providers'],
  };
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(settings));
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
  return directory;
}

describe('the guide for a new provider', () => {
  it('shows every file that a provider folder has', () => {
    const names = ['client', 'spec', 'observe', 'apply', 'provider'].map((name) => `src/providers/cron/${name}.ts`);
    expect(files.map(({ path }) => path)).toEqual([...names, 'test/providers/cron.test.ts']);
  });

  it('shows code whose types are right', async () => {
    const { exitCode, stdout } = await sh([
      process.execPath,
      join(ROOT, 'node_modules/typescript/bin/tsc'),
      '-p',
      tree,
    ]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
  }, 60_000);
});

await import(join(tree, 'test/providers/cron.test.ts'));
