// What every script needs before it can begin, from a fresh clone on: Node, Debian packages, node_modules, dist.
// Built-in modules only, because it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
/** Exit code for a machine that lacks something (sysexits.h: EX_UNAVAILABLE). */
export const UNAVAILABLE = 69;

const OLDEST_NODE = [20, 19];
/** Debian package → what shows that it is there: a program in PATH, or a file. */
const PACKAGES = {
  tmux: 'tmux',
  systemd: '/lib/systemd/systemd',
  'dbus-user-session': '/usr/lib/systemd/user/dbus.socket',
  strace: 'strace',
  'util-linux': 'setpriv',
  mount: 'mount',
};
/** What the bundle is made from; `src/generated` follows from the rest. */
const SOURCES = [
  'src',
  'libexec',
  'manifests/schema',
  'scripts/build.mjs',
  'scripts/gen.mjs',
  'scripts/load.cjs',
  'scripts/parts.mjs',
  'package.json',
  'package-lock.json',
];

/** Makes sure that Node is new enough and that packages are installed; ends the process where it cannot. */
export function ensureDependencies(packages = Object.keys(PACKAGES)) {
  const version = process.versions.node.split('.').map(Number);
  if (version[0] < OLDEST_NODE[0] || (version[0] === OLDEST_NODE[0] && version[1] < OLDEST_NODE[1])) {
    stop(`Node ${OLDEST_NODE.join('.')} or newer is needed; this is ${process.versions.node}`, UNAVAILABLE);
  }
  ensureSystemPackages(packages);
  ensureNodeModules();
}

/** Builds `dist` unless it was built from exactly these sources. */
export function ensureBuilt() {
  if (builtFrom() === sourceId()) return;
  requireWritable('is not built', 'node scripts/build.mjs', [
    '.',
    'src',
    'src/generated',
    'node_modules',
    'node_modules/.cache',
  ]);
  run('building', [process.execPath, join(ROOT, 'scripts/build.mjs')]);
}

/** A name for the sources' content: two checkouts with equal files give the same one. */
export function sourceId() {
  const hash = createHash('sha256');
  for (const file of SOURCES.flatMap(filesBelow)) {
    const content = readFileSync(join(ROOT, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex').slice(0, 16);
}

/** Says what ended a script, and ends it. */
export function stop(message, exitCode = 1) {
  process.stderr.write(`mosaic: ${message}\n`);
  process.exit(exitCode);
}

function ensureSystemPackages(packages) {
  const missing = packages.filter((name) => !isThere(PACKAGES[name]));
  if (missing.length === 0) return;
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...missing];
  if (process.getuid?.() !== 0 || !isThere('apt-get')) {
    stop(`packages are missing; as root, run: apt-get update && ${install.join(' ')}`, UNAVAILABLE);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('looking up packages', ['apt-get', 'update', '-qq'], env);
  run(`installing ${missing.join(', ')}`, install, env);
}

/** Installs what package-lock.json names, unless that is done. */
export function ensureNodeModules() {
  const installed = join(ROOT, 'node_modules/.package-lock.json');
  if (existsSync(installed) && modified(installed) >= modified(join(ROOT, 'package-lock.json'))) return;
  requireWritable('lacks node_modules', 'npm ci', ['.', 'node_modules']);
  run('installing node_modules', ['npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error']);
}

/** Where somebody else put the checkout, or a disk is read-only, a build would fail with a stack of its own. */
function requireWritable(state, remedy, places) {
  const closed = places.map((place) => join(ROOT, place)).find((path) => existsSync(path) && !isWritable(path));
  if (closed === undefined) return;
  const quoted = `'${ROOT.replaceAll("'", String.raw`'\''`)}'`;
  stop(
    `this checkout ${state}, and you may not write to ${closed}; as its owner, run: cd ${quoted} && ${remedy}`,
    UNAVAILABLE,
  );
}

function isWritable(path) {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

const modified = (path) => statSync(path).mtimeMs;

/** Runs one step quietly. Its words are shown only when it fails, without the addresses of where it downloads from. */
function run(what, [program, ...args], env = process.env) {
  process.stderr.write(`mosaic: ${what}\n`);
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: ROOT,
    env,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status === 0) return;
  const story = `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`.replace(/\b\w+:\/\/[^\s'")]+/g, '(address)');
  stop(`${what} failed\n${story.trimEnd()}`);
}

function isThere(sign) {
  if (sign.startsWith('/')) return existsSync(sign);
  return (process.env.PATH ?? '').split(delimiter).some((directory) => existsSync(join(directory, sign)));
}

function builtFrom() {
  const record = join(ROOT, 'dist/build.json');
  return existsSync(record) ? JSON.parse(readFileSync(record, 'utf8')).build : undefined;
}

/** Paths below the checkout, sorted; a file is itself, and what is missing has none. */
function filesBelow(path) {
  if (path === 'src/generated' || !existsSync(join(ROOT, path))) return [];
  if (!statSync(join(ROOT, path)).isDirectory()) return [path];
  return readdirSync(join(ROOT, path))
    .toSorted()
    .flatMap((name) => filesBelow(`${path}/${name}`));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) ensureDependencies();
