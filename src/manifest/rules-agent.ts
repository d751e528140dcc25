import { error, fieldPath, sections, type Finding, type RuleInput, type Section } from './rule.ts';
import { show } from './show.ts';
import { nearest } from './suggest.ts';
import type { Path } from './tree.ts';
import { byteLength, parseDuration } from './words.ts';

/** An agent has `command` or `shell`, never both, never neither. */
export function* hasOneProgram(input: RuleInput): Iterable<Finding> {
  for (const { path, fields } of sections(input)) {
    if (fields.command === undefined || fields.shell === undefined) continue;
    const problem = {
      code: 'E_PROGRAM',
      message: '`command` and `shell` exclude each other',
      hint: 'Keep one of them.',
    };
    yield error(input.tree.keyAt([...path, 'shell']), problem);
  }
  const misspelt = ownersOfRefusedPrograms(input.refused);
  for (const { name, merged } of input.agents) {
    if ((merged.command ?? merged.shell) !== undefined || misspelt.has(name) || misspelt.has(undefined)) continue;
    yield error(input.tree.keyAt(['spec', 'agents', name]), {
      code: 'E_PROGRAM',
      message: `the agent ${show(name)} has nothing to run`,
      hint: 'Write `command: [program, argument]`, or `shell: "…"`.',
    });
  }
}

/** The agents whose program is there but refused, by a wrong value or a misspelt key; undefined for `agentDefaults`. */
function ownersOfRefusedPrograms(refused: readonly Path[]): ReadonlySet<string | undefined> {
  const ofAgents = refused.filter(([, section]) => section === 'agents').map(([, , name, field]) => ({ name, field }));
  const ofDefaults = refused
    .filter(([, section]) => section === 'agentDefaults')
    .map(([, , field]) => ({ name: undefined, field }));
  const owners = [...ofAgents, ...ofDefaults].filter(({ field = '' }) => nearest(String(field), ['command', 'shell']));
  return new Set(owners.map(({ name }) => (name === undefined ? undefined : String(name))));
}

/** The first word of an argv names a program. */
export function* namesItsProgram(input: RuleInput): Iterable<Finding> {
  const lists: readonly Argv[] = [{ path: ['spec', 'notify'], words: input.spec.notify ?? [] }, ...argvs(input)];
  for (const { path, words } of lists) {
    if (words[0]?.trim() !== '') continue;
    const problem = { code: 'E_PROGRAM', message: 'the program is empty', hint: 'The first word names the program.' };
    yield error(input.tree.valueAt([...path, 0]), problem);
  }
}

const MAX_WORD_BYTES = 96 * 1024;
const MAX_ARGV_BYTES = 128 * 1024;

/** Words fit into what execve(2) takes: 128 KiB for one string, here with room for what is added. */
export function* argvFits(input: RuleInput): Iterable<Finding> {
  for (const { path, words } of [...argvs(input), ...sections(input).flatMap(texts)]) {
    const sizes = words.map(byteLength);
    const long = sizes.findIndex((size) => size > MAX_WORD_BYTES);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    if (long < 0 && total <= MAX_ARGV_BYTES) continue;
    const message = long < 0 ? 'the words are longer than 128 KiB together' : 'the text is longer than 96 KiB';
    const problem = { code: 'E_TOO_LARGE', message, hint: 'Put the text into a file and pass its path.' };
    yield error(input.tree.valueAt(long < 0 ? path : [...path, long]), problem);
  }
}

const MAX_DURATION_MS = 24 * 3_600_000;

/** No duration is above a day, and a stop takes longer than no time at all. */
export function* durationsAreInRange(input: RuleInput): Iterable<Finding> {
  for (const { path, text } of durations(input)) {
    const ms = parseDuration(text) ?? Number.POSITIVE_INFINITY;
    const isZeroStop = ms === 0 && path.at(-1) === 'timeout';
    if (ms <= MAX_DURATION_MS && !isZeroStop) continue;
    const message = isZeroStop ? 'a stop needs some time' : `${show(text)} is longer than a day`;
    const hint = isZeroStop ? 'Write at least 1ms.' : 'Write at most 24h.';
    yield error(input.tree.valueAt(path), { code: 'E_DURATION', message, hint });
  }
}

/** A crash loop must be able to reach its limit: delay × burst < window. */
export function* restartsFitTheirWindow(input: RuleInput): Iterable<Finding> {
  for (const agent of input.agents) {
    const { delay = '2s', burst = 5, window = '60s' } = agent.merged.restart ?? {};
    const spanned = (parseDuration(delay) ?? 0) * burst;
    if (spanned < (parseDuration(window) ?? Number.POSITIVE_INFINITY)) continue;
    yield error(input.tree.keyAt(fieldPath(input, agent, 'restart')), {
      code: 'E_RESTART_WINDOW',
      message: `delay × burst (${delay} × ${burst}) must be shorter than window (${window}), or the limit is never reached`,
      hint: `Write a window above ${spanned / 1000}s, or a smaller burst.`,
    });
  }
}

/** Limits are kept by systemd's cgroups; under `supervisor: tmux` nobody would. */
export function* limitsNeedSystemd(input: RuleInput): Iterable<Finding> {
  if (input.spec.supervisor !== 'tmux') return;
  for (const { path, fields } of sections(input)) {
    if (fields.limits === undefined) continue;
    yield error(input.tree.keyAt([...path, 'limits']), {
      code: 'E_LIMITS',
      message: '`limits` cannot be enforced under `supervisor: tmux`',
      hint: 'Remove them, or use `supervisor: systemd`.',
    });
  }
}

interface Argv {
  readonly path: Path;
  readonly words: readonly string[];
}

const argvs = (input: RuleInput): readonly Argv[] =>
  sections(input).flatMap(({ path, fields }) => [
    { path: [...path, 'command'], words: fields.command ?? [] },
    { path: [...path, 'resume'], words: fields.resume ?? [] },
  ]);

/** The texts outside lists that end up as one string of an execve(2): the shell line and each variable. */
function texts({ path, fields }: Section): readonly Argv[] {
  const shell = fields.shell === undefined ? [] : [{ path: [...path, 'shell'], words: [fields.shell] }];
  const env = Object.entries(fields.env ?? {});
  return [...shell, ...env.map(([name, value]) => ({ path: [...path, 'env', name], words: [value] }))];
}

function durations(input: RuleInput): readonly { readonly path: Path; readonly text: string }[] {
  const ofAgents = sections(input).flatMap(({ path, fields }) => [
    { path: [...path, 'restart', 'delay'], text: fields.restart?.delay },
    { path: [...path, 'restart', 'window'], text: fields.restart?.window },
    { path: [...path, 'stop', 'timeout'], text: fields.stop?.timeout },
  ]);
  const ofAdapters = Object.entries(input.spec.adapters ?? {}).map(([name, { submitDelay }]) => ({
    path: ['spec', 'adapters', name, 'submitDelay'],
    text: submitDelay,
  }));
  return [...ofAgents, ...ofAdapters].flatMap(({ path, text }) => (text === undefined ? [] : [{ path, text }]));
}
