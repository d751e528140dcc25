import type { FileReader } from '../../model/host.ts';
import { fleetUnits, type FleetName } from '../../model/names.ts';
import type { HostFacts } from '../../model/observed.ts';
import { parseUnit, readUnitWord, renderUnit, unitWord } from './render.ts';

/** What the watcher of a fleet is started with. */
export interface WatchCommand {
  /** Absolute. */
  readonly manifest: string;
  readonly auto: string;
  /** Where the person's own tmux has its sockets; empty is tmux's own choice. */
  readonly tmuxTmpdir: string;
}

/** The fleet whose watcher is meant, on this host. */
export interface WatchPlace {
  readonly fleet: FleetName;
  readonly host: Pick<HostFacts, 'home' | 'unitDirs'>;
}

/** The unit file of a watcher as it was found. */
export type WatchUnit =
  | { readonly state: 'absent' }
  | { readonly state: 'foreign'; readonly path: string; readonly because: string }
  | {
      readonly state: 'ours';
      readonly path: string;
      readonly text: string;
      readonly handEdited: boolean;
      /** Undefined when a person has changed how it is started. */
      readonly command: WatchCommand | undefined;
    };

const MAX_BYTES = 256 * 1024;

/**
 * The watcher's unit: no part of the target, so that nothing of the fleet ends with it, nor it with the fleet. It names
 * the build of mosaic, because a watcher that runs goes on with the one it was started with.
 */
export function renderWatchUnit(
  { fleet, host }: WatchPlace,
  { manifest, auto, tmuxTmpdir }: WatchCommand,
  build: string,
): string {
  const words = ['--home', unitWord(host.home), '--manifest', unitWord(manifest), '--auto', auto];
  return renderUnit(
    [
      [
        'Unit',
        [
          ['Description', `Mosaic watcher (fleet ${fleet})`],
          ['StartLimitIntervalSec', '0'],
          ['X-Build', build],
        ],
      ],
      [
        'Service',
        [
          ['Type', 'notify'],
          ['NotifyAccess', 'all'],
          ...(tmuxTmpdir === '' ? [] : [['Environment', environmentWord('TMUX_TMPDIR', tmuxTmpdir)] as const]),
          // The path of a program is not unescaped like the words behind it, so a shell is named first.
          ['ExecStart', `/bin/sh ${unitWord(`${host.home}/bin/mosaic`)} fleet watch ${words.join(' ')}`],
          ['KillMode', 'mixed'],
          ['Restart', 'on-failure'],
          ['RestartSec', '5'],
          // The first pass may start a whole fleet, or wait for another mosaic.
          ['TimeoutStartSec', 'infinity'],
        ],
      ],
      ['Install', [['WantedBy', 'default.target']]],
    ],
    fleet,
    host.home,
  );
}

/** In `Environment=` a `$` has no meaning of its own (systemd.exec(5)). */
const environmentWord = (name: string, value: string): string => unitWord(`${name}=${value}`).replaceAll('$$', '$');

/** Reads the watcher's unit below the directory the manager reads units from. */
export function readWatchUnit(files: FileReader, directory: string, { fleet, host }: WatchPlace): WatchUnit {
  const path = `${directory}/${fleetUnits(fleet).watch}`;
  const stat = files.stat(path);
  if (stat === undefined) return { state: 'absent' };
  const foreign = (because: string): WatchUnit => ({ state: 'foreign', path, because });
  if (stat.kind !== 'file') return foreign(`it is a ${stat.kind}`);
  const text = files.read(path, MAX_BYTES) ?? '';
  const { mark } = parseUnit(text);
  if (mark === undefined) return foreign('it carries no mark of mosaic');
  if (mark.fleet !== fleet || mark.home !== host.home)
    return foreign(`it belongs to fleet ${mark.fleet} of the home ${mark.home}`);
  return { state: 'ours', path, text, handEdited: mark.handEdited, command: readCommand(text) };
}

function readCommand(text: string): WatchCommand | undefined {
  const words = wordsOf(lineOf(text, 'ExecStart'));
  const [manifest, auto] = ['--manifest', '--auto'].map((name) => words[words.indexOf(name) + 1]);
  if (manifest === undefined || auto === undefined || !words.includes('--auto')) return undefined;
  const [variable = ''] = wordsOf(lineOf(text, 'Environment').replaceAll('$', '$$$$'));
  return { manifest, auto, tmuxTmpdir: variable.replace(/^TMUX_TMPDIR=/, '') };
}

const lineOf = (text: string, key: string): string =>
  (text.split('\n').find((line) => line.startsWith(`${key}=`)) ?? '').slice(key.length + 1);

const wordsOf = (line: string): readonly string[] => (line.match(/"(\\.|[^"\\])*"|\S+/g) ?? []).map(readUnitWord);
