import { randomUUID } from 'node:crypto';
import { FleetError } from '../../model/error.ts';
import { tmuxWord, type TmuxCall } from './client.ts';

/** A pane as it was seen; all of it must still be so in the moment something is typed. */
export interface PaneTarget {
  readonly paneId: string;
  readonly panePid: number;
  /** The mark of its session: `FLEET/AGENT`. */
  readonly owner: string;
}

/** What is to happen in one pane, in this order; whoever scrolls in it leaves that mode first. */
export interface PaneAct {
  readonly target: PaneTarget;
  /** Buffer to paste. */
  readonly buffer?: string;
  /** Key to press. */
  readonly key?: string;
}

/** What tmux told of one pane; no answer for a pane means that nobody can know. */
export interface PaneAnswer {
  readonly pasted: boolean;
  readonly pressed: boolean;
  readonly refusal?: 'gone' | 'dead' | 'input-off' | 'synchronized';
}

const BUFFER = /^mosaic-[0-9a-f-]{36}$/;
/** A buffer this old belongs to a send that was killed. */
const STALE_SEC = 600;

/**
 * Puts a text into a buffer of its own and gives its name and those that killed sends left behind. E_TMUX unless every
 * byte is there: a client that dies half way leaves the first half. A server that is gone answers E_TMUX as well.
 */
export async function loadBuffer(
  call: TmuxCall,
  text: string,
  nowSec: number,
): Promise<{ readonly buffer: string; readonly stale: readonly string[] }> {
  const buffer = `mosaic-${randomUUID()}`;
  const list = ['list-buffers', '-F', '#{buffer_size} #{buffer_created} #{buffer_name}'];
  const { lines, stderr } = await call([['load-buffer', '-b', buffer, '-'], list], { input: text });
  const rows = lines.map((line) => {
    const [size, created, ...name] = line.split(' ');
    return { size: Number(size), created: Number(created), name: name.join(' ') };
  });
  const own = rows.find(({ name }) => name === buffer);
  if (own?.size !== Buffer.byteLength(text)) {
    await dropBuffers(call, [buffer]);
    throw new FleetError('E_TMUX', `tmux did not take the message: ${stderr || 'it is not whole in the buffer'}`);
  }
  const stale = rows.filter(
    ({ name, created }) => BUFFER.test(name) && name !== buffer && nowSec - created > STALE_SEC,
  );
  return { buffer, stale: stale.map(({ name }) => name) };
}

/** Deletes buffers; those that are gone already are passed over. */
export async function dropBuffers(call: TmuxCall, buffers: readonly string[]): Promise<void> {
  if (buffers.length > 0) await call([['source-file', '-']], { input: deletions(buffers) });
}

const deletions = (buffers: readonly string[]): string => buffers.map((name) => `delete-buffer -b ${name}\n`).join('');

/**
 * Does all acts in one invocation, each guarded in tmux's own queue, and then deletes `drop`. An act whose pane is not
 * the one that was seen, is dead, has its input off or gives it to other panes as well (`synchronize-panes`) does
 * nothing: a paste into a dead pane kills tmux 3.3a.
 */
export async function actInPanes(
  call: TmuxCall,
  acts: readonly PaneAct[],
  drop: readonly string[] = [],
): Promise<ReadonlyMap<string, PaneAnswer>> {
  const nonce = randomUUID();
  const { lines } = await call([['source-file', '-']], { input: panesScript(acts, nonce) + deletions(drop) });
  return new Map(acts.flatMap(({ target: { paneId } }) => answerOf(lines, nonce, paneId)));
}

/** One line per act: where one fails, the others go on. */
export const panesScript = (acts: readonly PaneAct[], nonce: string): string =>
  acts.map((act) => `${guarded(act, nonce)}\n`).join('');

const STATE = '#{pane_id}|#{pane_pid}|#{@mosaic_owner}|#{pane_dead}|#{pane_input_off}';
const GUARD = `${STATE}|#{pane_synchronized}`;

function guarded({ target, buffer, key }: PaneAct, nonce: string): string {
  const { paneId } = target;
  // A message of tmux goes through strftime(3): a `%` before the number would not be safe there.
  const say = (word: string): string => `display-message -p '${nonce} ${word} ${paneId.slice(1)}'`;
  const paste = buffer === undefined ? [] : [`paste-buffer -p -r -b ${buffer} -t ${paneId}`, say('pasted')];
  const press = key === undefined ? [] : [`send-keys -t ${paneId} ${key}`, say('pressed')];
  const act = [`copy-mode -q -t ${paneId}`, ...paste, ...press].join(' ; ');
  const refuse = `display-message -p -t ${paneId} '${nonce} refused ${paneId.slice(1)} ${GUARD}'`;
  const condition = `#{==:${GUARD},${stateOf(target)}|0}`;
  return ['if-shell', '-F', '-t', paneId, ...[condition, act, refuse].map(tmuxWord)].join(' ');
}

/** Those of the panes that are still the ones that were seen, alive and open for input. */
export async function unchangedPanes(call: TmuxCall, targets: readonly PaneTarget[]): Promise<ReadonlySet<string>> {
  const { lines } = await call([['list-panes', '-a', '-F', STATE]]);
  const now = new Set(lines);
  return new Set(targets.filter((target) => now.has(stateOf(target))).map(({ paneId }) => paneId));
}

const stateOf = ({ paneId, panePid, owner }: PaneTarget): string => `${paneId}|${panePid}|${owner}|0|0`;

function answerOf(lines: readonly string[], nonce: string, paneId: string): readonly (readonly [string, PaneAnswer])[] {
  const number = paneId.slice(1);
  const has = (word: string): boolean => lines.includes(`${nonce} ${word} ${number}`);
  const refusal = lines.find((line) => line.startsWith(`${nonce} refused ${number} `))?.split(' ')[3];
  if (refusal === undefined && !has('pasted') && !has('pressed')) return [];
  const answer = { pasted: has('pasted'), pressed: has('pressed') };
  return [[paneId, refusal === undefined ? answer : { ...answer, refusal: refusalOf(refusal, paneId) }]];
}

function refusalOf(state: string, paneId: string): NonNullable<PaneAnswer['refusal']> {
  const fields = state.split('|');
  if (fields[0] !== paneId) return 'gone';
  if (fields.at(-3) === '1') return 'dead';
  if (fields.at(-2) === '1') return 'input-off';
  return fields.at(-1) === '1' ? 'synchronized' : 'gone';
}
