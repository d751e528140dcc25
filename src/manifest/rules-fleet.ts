import { linePatternProblem } from '../model/line-pattern.ts';
import { MAX_SOCKET_PATH_BYTES } from '../model/names.ts';
import { error, fieldPath, warning, type Finding, type RuleInput } from './rule.ts';
import { show } from './show.ts';
import type { AgentView } from './sound.ts';
import type { Path } from './tree.ts';
import { byteLength } from './words.ts';

/** `agents: {}` is allowed, but seldom what was meant. */
export function* hasAgents({ spec, agents, tree, refused }: RuleInput): Iterable<Finding> {
  if (spec.agents === undefined || agents.length > 0 || refused.some(([, section]) => section === 'agents')) return;
  const problem = {
    code: 'W_NO_AGENTS' as const,
    message: 'the fleet has no agents',
    hint: 'Add one below `agents:`.',
  };
  yield warning(tree.keyAt(['spec', 'agents']), problem);
}

/** Names that mean something to JavaScript's objects would meet them somewhere in a plan's JSON. */
export function* namesAreFree({ agents, tree }: RuleInput): Iterable<Finding> {
  for (const { name } of agents) {
    if (!(name in Object.prototype) && name !== 'prototype') continue;
    const problem = { code: 'E_NAME', message: `${show(name)} is a reserved name`, hint: 'Choose another name.' };
    yield error(tree.keyAt(['spec', 'agents', name]), problem);
  }
}

/** `default` is the person's own tmux. */
export function* socketIsNotDefault({ spec, tree }: RuleInput): Iterable<Finding> {
  if (spec.tmux?.socket !== 'default') return;
  yield error(tree.valueAt(['spec', 'tmux', 'socket']), {
    code: 'E_SOCKET',
    message: '`default` is the socket of your own tmux',
    hint: 'Write another name, such as mosaic-factory.',
  });
}

/** The path must fit a Unix socket address even for the shortest user id; the real one is looked at on the host. */
export function* socketPathFits({ spec, tree }: RuleInput): Iterable<Finding> {
  const { tmpdir, socket = 'mosaic-factory' } = spec.tmux ?? {};
  if (tmpdir === undefined) return;
  const bytes = byteLength(`${tmpdir}/tmux-0/${socket}`);
  if (bytes <= MAX_SOCKET_PATH_BYTES) return;
  yield error(tree.valueAt(['spec', 'tmux', 'tmpdir']), {
    code: 'E_SOCKET',
    message: `the socket's path would have ${bytes} bytes or more; a Unix socket has at most ${MAX_SOCKET_PATH_BYTES}`,
    hint: 'Choose a shorter directory or a shorter socket name.',
  });
}

/** A screen pattern that no line can match would only look like one. */
export function* patternsSaySomething({ spec, tree }: RuleInput): Iterable<Finding> {
  for (const [path, pattern] of screenPatterns(spec)) {
    const problem = linePatternProblem(pattern);
    if (problem === undefined) continue;
    const message = `the pattern ${show(pattern)} ${problem}`;
    yield error(tree.valueAt(path), { code: 'E_PATTERN', message, hint: PATTERN_HINT });
  }
}

const PATTERN_HINT =
  'Text stands for itself, * for anything, ^ and $ for the ends of the line; a backslash before one of these makes it text.';

type Written = readonly [path: Path, pattern: string];

/** Every screen pattern and where it is written. */
const screenPatterns = ({ adapters = {} }: RuleInput['spec']): readonly Written[] =>
  Object.entries(adapters).flatMap(([name, adapter]) =>
    (['idle', 'busy', 'dialog', 'setup'] as const).flatMap((field): readonly Written[] => {
      const path: Path = ['spec', 'adapters', name, field];
      const patterns = adapter[field] ?? [];
      return typeof patterns === 'string'
        ? [[path, patterns]]
        : patterns.map((pattern, at): Written => [[...path, at], pattern]);
    }),
  );

/** Agents that edit the same files get in each other's way. One warning per directory that an agent itself names. */
export const directoriesAreShared = (input: RuleInput): Iterable<Finding> =>
  sharedDirectories(input, (agents) => agents.some(({ own }) => own.workingDirectory !== undefined));

/** Directories that several agents work in, of those groups alone. */
export function* sharedDirectories(
  input: RuleInput,
  isMeant: (agents: readonly AgentView[]) => boolean,
): Iterable<Finding> {
  const byDirectory = new Map<string, AgentView[]>();
  for (const agent of input.agents) {
    const directory = agent.merged.workingDirectory;
    if (directory === undefined) continue;
    const key = normalised(directory);
    const others = byDirectory.get(key);
    if (others === undefined) byDirectory.set(key, [agent]);
    else others.push(agent);
  }
  for (const [directory, agents] of byDirectory) {
    const [first, second, ...others] = agents;
    if (first === undefined || second === undefined || !isMeant(agents)) continue;
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    yield warning(input.tree.valueAt(fieldPath(input, second, 'workingDirectory')), {
      code: 'W_SHARED_CWD',
      message: `${show(first.name)} and ${show(second.name)}${more} work in the same directory ${show(directory)}`,
      hint: 'Give each its own worktree: git worktree add ../NAME',
    });
  }
}

/** The same place in the same words, as far as text alone can tell. */
export const normalised = (path: string): string => path.replace(/\/(?:\.?\/)+/g, '/').replace(/(.)\/\.?$/, '$1');
