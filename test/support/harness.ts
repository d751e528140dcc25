import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { sh, type Ended, type RunOptions } from './process.ts';

/** The built command line, as users start it. */
export const MOSAIC = resolve(import.meta.dirname, '../../bin/mosaic.js');
/** Where the user's units live; inside the private manager that is the test user's own directory. */
export const UNIT_DIRECTORY = join(homedir(), '.config/systemd/user');

/** A Mosaic home of one test, with a fleet name and a directory for tmux sockets that no other test has. */
export interface TempHome {
  /** Holds everything below; removed by {@link cleanUp}. */
  readonly root: string;
  readonly home: string;
  readonly fleet: string;
  readonly tmuxTmpdir: string;
}

const made: TempHome[] = [];

/** True inside `scripts/private-manager.sh`, where user units may be started and ended at will. */
export const inManager = (): boolean => process.env['MOSAIC_TEST_MANAGER'] === '1';

/** Makes a fresh home. Its last component may be any file name, for tests of awkward ones; so may the fleet's name. */
export function tempHome(name = 'mosaic', fleet = `t-${randomLetters()}`): TempHome {
  const root = mkdtempSync(join(tmpdir(), 'mosaic-test-'));
  const temp = { root, home: join(root, name), tmuxTmpdir: join(root, 'tmux'), fleet };
  for (const directory of [temp.home, temp.tmuxTmpdir]) mkdirSync(directory, { mode: 0o700 });
  made.push(temp);
  return temp;
}

/** Runs the command line on a home, with an environment that leads nowhere else. */
export function runMosaic(args: readonly string[], options: RunOptions & { readonly home: TempHome }): Promise<Ended> {
  const { home, env, ...rest } = options;
  const places = { MOSAIC_HOME: home.home, TMUX_TMPDIR: home.tmuxTmpdir };
  return sh([process.execPath, MOSAIC, ...args], { ...rest, env: { ...places, ...env } });
}

/** Calls `look` until it neither throws nor returns false, and gives what it returned; fails with its last word. */
export async function eventually<T>(
  look: () => T | false | Promise<T | false>,
  { timeoutMs = 30_000, everyMs = 25 }: { readonly timeoutMs?: number; readonly everyMs?: number } = {},
): Promise<T> {
  const end = performance.now() + timeoutMs;
  let last: unknown;
  do {
    try {
      const seen = await look();
      if (seen !== false) return seen;
      last = 'it stayed false';
    } catch (error) {
      last = error;
    }
    await pause(everyMs);
  } while (performance.now() < end);
  throw new Error(`not within ${timeoutMs} ms: ${String(last)}`, { cause: last });
}

/** Ends what the homes of this test file left behind, units and tmux servers alike, and removes their files. */
export async function cleanUp(): Promise<void> {
  const homes = made.splice(0);
  if (inManager() && homes.length > 0) await removeUnits(homes.map((home) => home.fleet));
  for (const { root, tmuxTmpdir } of homes) {
    await endServers(tmuxTmpdir);
    rmSync(root, { recursive: true, force: true });
  }
}

async function removeUnits(fleets: readonly string[]): Promise<void> {
  const globs = fleets.flatMap((fleet) => ['.*', '-*', '@*'].map((end) => `mosaic-${fleet}${end}`));
  await sh(['systemctl', '--user', 'stop', ...globs]);
  await sh(['systemctl', '--user', 'reset-failed', ...globs]);
  const ours = new RegExp(`^mosaic-(${fleets.join('|')})[.@-]`);
  for (const directory of [UNIT_DIRECTORY, ...namesIn(UNIT_DIRECTORY).map((name) => join(UNIT_DIRECTORY, name))]) {
    for (const name of namesIn(directory).filter((entry) => ours.test(entry))) {
      rmSync(join(directory, name), { recursive: true, force: true });
    }
  }
  await sh(['systemctl', '--user', 'daemon-reload']);
}

async function endServers(tmuxTmpdir: string): Promise<void> {
  for (const directory of namesIn(tmuxTmpdir)) {
    for (const socket of namesIn(join(tmuxTmpdir, directory))) {
      await sh(['tmux', '-N', '-S', join(tmuxTmpdir, directory, socket), 'kill-server']);
    }
  }
}

/** The names in a directory; none when it is missing or no directory. */
const namesIn = (path: string): readonly string[] =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? readdirSync(path) : [];

/** Fleet names are words that begin with a letter; so is this, in hexadecimal. */
const randomLetters = (): string => `a${randomBytes(4).toString('hex')}`;
