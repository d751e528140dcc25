import { afterEach, describe, expect, it } from '@jest/globals';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cleanUp, tempHome } from '../support/harness.ts';
import { sh } from '../support/process.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PARTS = join(ROOT, 'dist/cli');
const LOADER = join(ROOT, 'dist/load.cjs');
afterEach(cleanUp);

/** Says of every part whether V8 takes the form it was compiled to. */
const ACCEPTS = `
const { readFileSync } = require('node:fs');
const { Script } = require('node:vm');
const [loader, ...files] = process.argv.slice(1);
for (const file of files) {
  const text = readFileSync(file);
  const cachedData = readFileSync(file + '.v8').subarray(require(loader).formStart(text));
  const script = new Script(text.latin1Slice(), { cachedData });
  if (script.cachedDataRejected) console.log(file);
}`;

/** Runs a command line, and says of every file it loads whether V8 took the form it was compiled to. */
const LOADS = `
const vm = require('node:vm');
const { basename } = require('node:path');
const { Script } = vm;
vm.Script = class extends Script {
  constructor(text, options) {
    super(text, options);
    console.error(basename(options.filename).replace(/-.*/, ''), this.cachedDataRejected);
  }
};
process.argv.splice(1, 0, 'mosaic');
require(process.argv[2]).load(process.argv.splice(2, 2)[1]);`;

interface Copy {
  readonly place: string;
  readonly program: string;
  readonly forms: readonly string[];
}

/** A copy of the installed program, to break. */
function copy(directory = 'program'): Copy {
  const place = join(tempHome().root, directory);
  mkdirSync(place);
  for (const name of ['bin', 'dist', 'package.json']) cpSync(join(ROOT, name), join(place, name), { recursive: true });
  const parts = join(place, 'dist/cli');
  const forms = readdirSync(parts).filter((name) => name.endsWith('.v8'));
  return { place, program: join(place, 'bin/mosaic.js'), forms: forms.map((name) => join(parts, name)) };
}

describe('the compiled form of the program', () => {
  it('is there for every part, and is taken by the Node it was built with', async () => {
    const names = readdirSync(PARTS);
    const texts = names.filter((name) => name.endsWith('.cjs'));
    expect(texts.length).toBeGreaterThan(5);
    expect(names.toSorted()).toEqual(texts.flatMap((name) => [name, `${name}.v8`]).toSorted());
    const files = texts.map((name) => join(PARTS, name));
    expect(await sh([process.execPath, '-e', ACCEPTS, LOADER, ...files])).toMatchObject({
      exitCode: 0,
      stdout: '',
    });
  });

  it('is taken for what is loaded late, too, when V8 has been told not to optimise', async () => {
    const manifest = join(ROOT, 'manifests/examples/minimal.yaml');
    const program = [LOADER, join(PARTS, 'main.cjs')];
    const { exitCode, stderr } = await sh([process.execPath, '-e', LOADS, ...program, 'fleet', 'validate', manifest]);
    expect(exitCode).toBe(0);
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toEqual(expect.arrayContaining(['main.cjs false', 'commands false', 'parse false']));
    expect(lines.filter((line) => !line.endsWith(' false'))).toEqual([]);
  });

  it.each<[string, (form: string) => void]>([
    ['missing', (form) => rmSync(form)],
    ['cut short', (form) => truncateSync(form, 1000)],
    ['something else', (form) => writeFileSync(form, 'something else')],
  ])('is not needed: the program works where it is %s', async (_, spoil) => {
    const { program, forms } = copy();
    forms.forEach(spoil);
    const { exitCode, stderr } = await sh([process.execPath, program, 'fleet', 'validate', '/nonexistent']);
    expect(exitCode).toBe(65);
    expect(stderr).toContain('there is no such file');
  });

  it('is not taken for another text of the same length', async () => {
    const { program, forms } = copy();
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly version: string };
    const other = version.replaceAll(/\d/g, '7');
    const parts = forms.map((form) => form.replace(/\.v8$/, ''));
    for (const part of parts)
      writeFileSync(part, readFileSync(part, 'latin1').replaceAll(`"${version}"`, `"${other}"`), 'latin1');
    expect((await sh([process.execPath, program, '--version'])).stdout).toBe(`${other}\n`);
  });

  it('is not taken under other flags of V8, where the program works all the same', async () => {
    const { stdout } = await sh([process.execPath, '--no-opt', join(ROOT, 'bin/mosaic.js'), '--version']);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('the program, wherever it lies', () => {
  it.each(['a#b', '100%41', 'with space', 'ünï'])('works below a directory with the name %s', async (directory) => {
    const { program } = copy(directory);
    const { exitCode, stderr } = await sh([process.execPath, program, 'fleet', 'validate', '/nonexistent']);
    expect(exitCode).toBe(65);
    expect(stderr).toContain('there is no such file');
  });
});

describe('a checkout with a dist from before', () => {
  /** How a build that knew nothing of the loader's own file left it. */
  function older(): Copy {
    const made = copy();
    rmSync(join(made.place, 'dist/load.cjs'));
    writeFileSync(join(made.place, 'dist/build.json'), '{"version":"0.0.1","build":"older"}');
    writeFileSync(join(made.place, 'dist/cli/main.cjs'), '(function(module,require){require("node:fs")})');
    return made;
  }

  it('is built anew by the first command, and only by that', async () => {
    const { place, program } = older();
    mkdirSync(join(place, 'scripts'));
    cpSync(join(ROOT, 'scripts/bootstrap.mjs'), join(place, 'scripts/bootstrap.mjs'));
    // To build takes long and is done before any test here, so what the build made is put in its place.
    writeFileSync(
      join(place, 'scripts/build.mjs'),
      `import { cpSync } from 'node:fs'; cpSync(${JSON.stringify(join(ROOT, 'dist'))}, 'dist', { recursive: true });`,
    );
    for (const name of ['package-lock.json', 'node_modules/.package-lock.json']) {
      mkdirSync(join(place, 'node_modules'), { recursive: true });
      writeFileSync(join(place, name), '{}');
    }
    const first = await sh([process.execPath, program, '--version']);
    expect(first).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    expect(first.stderr).toBe('mosaic: building\n');
    expect(await sh([process.execPath, program, '--version'])).toMatchObject({ stdout: first.stdout, stderr: '' });
  });

  it.each(['.', 'node_modules'])('is named, with the next step, to whoever may not write to %s of it', async (part) => {
    const { place, program } = older();
    mkdirSync(join(place, 'scripts'));
    cpSync(join(ROOT, 'scripts/bootstrap.mjs'), join(place, 'scripts/bootstrap.mjs'));
    mkdirSync(join(place, 'node_modules'));
    for (const name of ['package-lock.json', 'node_modules/.package-lock.json']) writeFileSync(join(place, name), '{}');
    const closed = join(place, part);
    chmodSync(closed, 0o555);
    const ended = await sh([process.execPath, program, 'fleet', 'status']);
    chmodSync(closed, 0o755);
    expect(ended).toMatchObject({
      exitCode: 69,
      stdout: '',
      stderr:
        `mosaic: this checkout is not built, and you may not write to ${closed}; ` +
        `as its owner, run: cd '${place}' && node scripts/build.mjs\n`,
    });
  });

  it('runs with the loader it was built with, when both are complete', async () => {
    const { place, program } = copy();
    const loader = join(place, 'dist/load.cjs');
    const main = join(place, 'dist/cli/main.cjs');
    // Another order of what a part is called with, as another build may have it.
    const other = readFileSync(loader, 'utf8').replace('(find, module, ', '(module, find, ');
    writeFileSync(loader, other);
    writeFileSync(main, '(function(module,require){console.log(typeof require("node:fs").readFileSync)})');
    expect(await sh([process.execPath, program, '--version'])).toMatchObject({ exitCode: 0, stdout: 'function\n' });
  });
});
