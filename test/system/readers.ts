import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createExec } from '../../src/host/exec.ts';
import { unitWord } from '../../src/providers/systemd/render.ts';
import { tmuxCall, tmuxWord } from '../../src/providers/tmux/client.ts';
import { UNIT_DIRECTORY, type TempHome } from '../support/harness.ts';
import { sh, type Ended } from '../support/process.ts';
import { startReporter } from './helper-agent.ts';
import { latin, type HelperFleet } from './helper-fleet.ts';

/** As many words as one unit, one call of tmux or one env file has no trouble with. */
const AT_ONCE = 100;
/** Prints its arguments as JSON, one file per process, so that nothing has to be unescaped. */
export const PRINT_ARGV = `require('node:fs').writeFileSync(process.argv[1], JSON.stringify(process.argv.slice(2)))`;

const chunks = <T>(all: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size));

async function must(argv: readonly [string, ...string[]], options: { readonly input?: string } = {}): Promise<Ended> {
  const ended = await sh(argv, options);
  if (ended.exitCode !== 0 || ended.stderr !== '') throw new Error(`${argv.slice(0, 6).join(' ')}…: ${ended.stderr}`);
  return ended;
}

/** What the user manager hands to programs whose command lines are these words. They hold no end of a line. */
export async function throughSystemd({ root, fleet }: TempHome, words: readonly string[]): Promise<readonly string[]> {
  mkdirSync(UNIT_DIRECTORY, { recursive: true });
  const parts = chunks(words, AT_ONCE);
  const [units, files] = [
    parts.map((_, at) => `mosaic-${fleet}-argv${at}.service`),
    parts.map((_, at) => join(root, `argv${at}`)),
  ];
  parts.forEach((part, at) => {
    const line = [process.execPath, '-e', PRINT_ARGV, '--', files[at] ?? '', ...part].map(unitWord).join(' ');
    writeFileSync(join(UNIT_DIRECTORY, units[at] ?? ''), `[Service]\nType=oneshot\nExecStart=${line}\n`);
  });
  await must(['systemctl', '--user', 'daemon-reload']);
  // Some at a time: each is a Node of its own.
  for (const some of chunks(units, 4)) await must(['systemctl', '--user', 'start', ...some]);
  return files.flatMap((file): readonly string[] => JSON.parse(readFileSync(file, 'utf8')));
}

/** The values of options that tmux was given these words for: as lines of a file, and as arguments. */
export async function throughTmux(
  { tmuxTmpdir }: TempHome,
  words: readonly string[],
): Promise<Readonly<Record<'file' | 'argument', readonly string[]>>> {
  const socket = join(tmuxTmpdir, 'words');
  await must(['tmux', '-S', socket, '-f', '/dev/null', 'new-session', '-d', '-s', 'a', 'sleep 1000']);
  const call = tmuxCall(createExec(), { tmux: '/usr/bin/tmux', socket });
  const send = async (...[commands, options]: Parameters<typeof call>): Promise<void> => {
    const { exitCode, stderr } = await call(commands, options);
    if (exitCode !== 0 || stderr !== '') throw new Error(`tmux: ${stderr}`);
  };
  const numbered = [...words.entries()];
  const lines = numbered.map(([at, word]) => `set-option -g @file${at} ${tmuxWord(word)}\n`);
  await send([['source-file', '-']], { input: lines.join('') });
  for (const some of chunks(numbered, AT_ONCE)) {
    await send(some.map(([at, word]) => ['set-option', '-g', `@argument${at}`, word]));
  }
  const valuesOf = async (kind: string): Promise<readonly string[]> => {
    const shown: string[] = [];
    for (const some of chunks(numbered, AT_ONCE)) {
      const looks = some.flatMap(([at]) => ['show-options', '-gv', `@${kind}${at}`, ';']);
      shown.push((await must(['tmux', '-u', '-N', '-S', socket, ...looks])).stdout);
    }
    return shown.join('').split('\n').slice(0, -1);
  };
  return { file: await valuesOf('file'), argument: await valuesOf('argument') };
}

/** The environment of agents that were given these values in env files: in quotes, and as they are. In bytes. */
export async function throughEnvFiles(
  fleet: HelperFleet,
  words: readonly string[],
): Promise<Readonly<Record<'quoted' | 'bare', readonly string[]>>> {
  const numbered = [...words.entries()];
  const seen = new Map<string, string>();
  for (const some of chunks(numbered, 10 * AT_ONCE)) {
    const envFiles = chunks(some, AT_ONCE).map((part) => {
      const path = join(fleet.scratch, `words${part[0]?.[0]}`);
      const lines = part.map(([at, word]) => `QUOTED${at}="${word}"\nBARE${at}=${word}\n`);
      writeFileSync(path, lines.join(''), { mode: 0o600 });
      return path;
    });
    const { report } = await startReporter(fleet, { envFiles: envFiles.map(latin) });
    for (const item of report.env) seen.set(item.slice(0, item.indexOf('=')), item.slice(item.indexOf('=') + 1));
  }
  const valuesOf = (kind: string): readonly string[] => numbered.map(([at]) => seen.get(`${kind}${at}`) ?? '(missing)');
  return { quoted: valuesOf('QUOTED'), bare: valuesOf('BARE') };
}

/** True once something that was only ever text has been run. */
export const canaryRan = (): boolean => existsSync(CANARY);
export const CANARY = '/tmp/mosaic-canary-ran';
