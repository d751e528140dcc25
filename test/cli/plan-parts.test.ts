import { describe, expect, it } from '@jest/globals';
import { resolve } from 'node:path';
import { sh } from '../support/process.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** Bundles the command line as the build does, and prints the sources in the two files that a plan loads. */
const SOURCES = `
import { build } from 'esbuild';
import { filesOf } from './scripts/parts.mjs';
const { metafile } = await build({
  entryPoints: ['src/cli/main.ts'], outdir: 'out', bundle: true, splitting: true, format: 'esm', platform: 'node',
  minifySyntax: true, minifyWhitespace: true, write: false, metafile: true,
});
const loaded = [...filesOf(metafile)].filter(([file]) => /^(main|plan-)/.test(file)).flatMap(([, parts]) => parts);
const outputs = Object.entries(metafile.outputs).filter(([file]) => loaded.includes(file.replace('out/', '')));
console.log(JSON.stringify({
  bytes: outputs.reduce((sum, [, { bytes }]) => sum + bytes, 0),
  sources: outputs.flatMap(([, { inputs }]) => Object.keys(inputs)),
}));`;

interface Loaded {
  readonly bytes: number;
  readonly sources: readonly string[];
}

describe('what a plan loads', () => {
  it('is no code that changes, watches, talks or reads YAML, and not more than it was', async () => {
    const ended = await sh([process.execPath, '--input-type=module', '-e', SOURCES], { cwd: ROOT });
    const { bytes, sources } = ended.json() as Loaded;
    expect(sources).toEqual(expect.arrayContaining(['src/cli/main.ts', 'src/cli/commands/fleet/plan.ts']));
    const packages = sources.flatMap((source) => /^node_modules\/([^/]+)/.exec(source)?.[1] ?? []);
    expect([...new Set(packages)].toSorted()).toEqual(['commander', 'fast-json-patch']);
    const others =
      /^src\/(agent|generated|cli\/(watch|snapshot|saved-plan|render)\/|cli\/(mutate|locked|reviews)\.ts|providers\/\w+\/apply\.ts)/;
    expect(sources.filter((source) => others.test(source))).toEqual([]);
    // A kilobyte is 5 microseconds of every plan: what is not needed for one is loaded where it is used.
    expect(bytes).toBeLessThan(MAX_BYTES);
  });
});

const MAX_BYTES = 274_000;
