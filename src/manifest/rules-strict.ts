import { fieldPath, sections, warning, type Finding, type RuleInput } from './rule.ts';
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

/** Agents that name no directory work in the same one; that is seldom said, and as seldom meant. */
export function* homeIsNotShared(input: RuleInput): Iterable<Finding> {
  const [first, second, ...others] = input.agents.filter(({ merged }) => merged.workingDirectory === undefined);
  if (first === undefined || second === undefined) return;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  const message = `${show(first.name)} and ${show(second.name)}${more} name no directory and work in ${show('~')}`;
  const hint = 'Give each a `workingDirectory` of its own.';
  const span = input.tree.keyAt(fieldPath(input, second, 'workingDirectory').slice(0, -1));
  yield warning(span, { code: 'W_SHARED_CWD', message, hint });
}
