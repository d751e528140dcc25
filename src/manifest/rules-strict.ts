import { sections, warning, type Finding, type RuleInput } from './rule.ts';
import { normalised, sharedDirectories } from './rules-fleet.ts';
import { show } from './show.ts';

/** An agent without limits can starve everything else on its machine. */
export function* limitsAreSet({ agents, spec, tree }: RuleInput): Iterable<Finding> {
  const hint =
    spec.supervisor === 'tmux'
      ? 'Nobody keeps limits under `supervisor: tmux`; `supervisor: systemd` does.'
      : 'Write them for all in agentDefaults: `limits: { memoryMax: 4G, tasksMax: 512 }`.';
  for (const { name, merged } of agents) {
    if (Object.keys(merged.limits ?? {}).length > 0) continue;
    const message = `${show(name)} has no limits`;
    yield warning(tree.keyAt(['spec', 'agents', name]), { code: 'W_NO_LIMITS', message, hint });
  }
}

/** A shell line does more than it shows: it expands, substitutes and goes on after a failure. */
export function* noShellLines(input: RuleInput): Iterable<Finding> {
  for (const { path, fields } of sections(input)) {
    if (fields.shell === undefined) continue;
    const hint = 'Write `command: [program, argument]`, or put the line into a script of its own.';
    const message = 'a shell starts this, not the program itself';
    yield warning(input.tree.keyAt([...path, 'shell']), { code: 'W_SHELL', message, hint });
  }
}

/** What `agentDefaults` says for all is a choice; a review asks whether it was one. */
export const directoryOfAllIsChosen = (input: RuleInput): Iterable<Finding> =>
  sharedDirectories(input, (agents) => agents.every(({ own }) => own.workingDirectory === undefined));

/** Agents that name no directory work in `~`; that they share it is seldom said, and as seldom meant. */
export function* homeIsNotShared({ agents, tree }: RuleInput): Iterable<Finding> {
  const atHome = agents.filter(({ merged: { workingDirectory = '~' } }) => normalised(workingDirectory) === '~');
  const silent = atHome.findLast(({ merged }) => merged.workingDirectory === undefined);
  const [other, ...others] = atHome.filter((agent) => agent !== silent);
  if (silent === undefined || other === undefined) return;
  const more = others.length === 0 ? ' does' : ` and ${others.length} more do`;
  const message = `${show(silent.name)} names no directory and works in ${show('~')}, as ${show(other.name)}${more}`;
  const hint = 'Give each a `workingDirectory` of its own.';
  yield warning(tree.keyAt(['spec', 'agents', silent.name]), { code: 'W_SHARED_CWD', message, hint });
}
