// Builds dist: the command line as split parts that load only what a command needs, and the library with its types.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { ROOT, sourceId, stop } from './bootstrap.mjs';
import { formStart } from './load.cjs';
import { filesOf } from './parts.mjs';

const at = (...path) => join(ROOT, ...path);
/** A failed build leaves the old dist, and a build beside another one has its own place. */
const STAGE = at(`node_modules/.cache/build-${process.pid}`);
const { version } = JSON.parse(readFileSync(at('package.json'), 'utf8'));

function run(argv) {
  const { status } = spawnSync(argv[0], argv.slice(1), { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${argv.join(' ')} failed`);
}

function bundle(entry, outdir, options) {
  return build({
    entryPoints: [at(entry)],
    outdir: join(STAGE, outdir),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'warning',
    absWorkingDir: ROOT,
    ...options,
  });
}

const thisBuild = (id) => ({
  __MOSAIC_BUILD__: JSON.stringify(id),
  __MOSAIC_VERSION__: JSON.stringify(version),
});

/**
 * The command line as CommonJS, each file with its compiled form beside it: to resolve and compile ES modules takes
 * longer than to look at a fleet. Only as ES modules does esbuild split, so that comes first.
 */
async function buildCommandLine(id) {
  const { outputFiles, metafile } = await bundle('src/cli/main.ts', 'cli', {
    splitting: true,
    write: false,
    metafile: true,
    outExtension: { '.js': '.cjs' },
    define: thisBuild(id),
  });
  const modules = new Map(outputFiles.map(({ path, text }) => [basename(path), text]));
  const files = filesOf(metafile);
  const places = new Map([...files].flatMap(([file, parts]) => parts.map((part) => [part, `./${file}#${part}`])));
  mkdirSync(join(STAGE, 'cli'), { recursive: true });
  for (const [file, parts] of files) {
    const code = await joined(parts, modules, places);
    // What `load.cjs` calls; nothing in it but ASCII, by esbuild's own default.
    writeWithForm(join(STAGE, 'cli', file), `(function(require,module,__moduleUrl){${code}\n${MARK_PARTS}})`);
  }
}

/** By this, a default export is told from a CommonJS module that has none. */
const MARK_PARTS =
  'for(const part of Object.values(module.exports))Object.defineProperty(part,"__esModule",{value:true});';

/** Parts as one module that exports each by its name. Within it no name is looked up in another part's exports. */
async function joined(parts, modules, places) {
  const contents = parts.map((part) => `export * as ${JSON.stringify(part)} from './${part}';`).join('');
  const resolver = {
    name: 'parts',
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter: /^\.\// }, ({ path }) => {
        const part = basename(path);
        return parts.includes(part) ? { path: part, namespace: 'part' } : { path: places.get(part), external: true };
      });
      onLoad({ filter: /.*/, namespace: 'part' }, ({ path }) => ({ contents: modules.get(path) }));
    },
  };
  const { outputFiles } = await build({
    stdin: { contents },
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    minifySyntax: true,
    minifyWhitespace: true,
    plugins: [resolver],
    define: { 'import.meta.url': '__moduleUrl' },
    supported: { 'dynamic-import': false },
    logLevel: 'warning',
  });
  return outputFiles[0].text;
}

function writeWithForm(file, text) {
  writeFileSync(file, text, 'latin1');
  const from = Buffer.from(text, 'latin1');
  const head = Buffer.alloc(formStart(from));
  from.copy(head);
  writeFileSync(`${file}.v8`, Buffer.concat([head, compiled(text, file)]));
}

/** All functions, those that run late too: what is not in it is compiled anew by every command. */
function compiled(text, file) {
  setFlagsFromString('--no-lazy');
  try {
    const script = new Script(text, { filename: basename(file) });
    // V8 takes compiled code only under the flags it was made with.
    setFlagsFromString('--lazy');
    return script.createCachedData();
  } finally {
    setFlagsFromString('--lazy');
  }
}

async function buildLibrary(id) {
  await bundle('src/index.ts', 'lib', { packages: 'external', define: thisBuild(id) });
  run([
    process.execPath,
    at('node_modules/typescript/bin/tsc'),
    '-p',
    'tsconfig.lib.json',
    '--outDir',
    join(STAGE, 'lib'),
  ]);
  if (!existsSync(at('src/generated'))) return;
  // tsc does not carry over declarations that are sources themselves.
  for (const name of readdirSync(at('src/generated')).filter((file) => file.endsWith('.d.ts'))) {
    cpSync(at('src/generated', name), join(STAGE, 'lib/generated', name));
  }
}

function swapIn() {
  const old = `${STAGE}.old`;
  if (existsSync(at('dist'))) renameSync(at('dist'), old);
  renameSync(STAGE, at('dist'));
  rmSync(old, { recursive: true, force: true });
}

if (!existsSync(at('src/cli/main.ts'))) stop('nothing to build: src/cli/main.ts is missing');
const id = sourceId();
try {
  run([process.execPath, at('scripts/gen.mjs')]);
  mkdirSync(STAGE, { recursive: true });
  await buildCommandLine(id);
  cpSync(at('scripts/load.cjs'), join(STAGE, 'load.cjs'));
  if (existsSync(at('src/index.ts'))) await buildLibrary(id);
  writeFileSync(join(STAGE, 'build.json'), `${JSON.stringify({ version, build: id })}\n`);
  swapIn();
} catch (error) {
  rmSync(STAGE, { recursive: true, force: true });
  stop(`the build failed: ${error.message}`);
}
