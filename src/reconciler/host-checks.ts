import { expandHome, programOf, type Agent, type Fleet } from '../model/fleet.ts';
import type { HostFacts, PathFact } from '../model/observed.ts';
import type { Blocked } from '../model/plan.ts';
import { quoted } from '../model/quoted.ts';

/** Every path whose state on this machine decides about an agent; sorted, each once. */
export function pathsToCheck(fleet: Fleet, home: string): readonly string[] {
  const paths = fleet.agents.flatMap((agent) => [
    expandHome(agent.workingDirectory, home),
    ...agent.envFiles.map((file) => expandHome(file, home)),
    ...programPaths(agent, home),
  ]);
  return [...new Set(paths)].toSorted();
}

/** Where an agent's program is looked for: its `path`, or the one place its command names. */
export function programPaths(agent: Agent, home: string): readonly string[] {
  const program = expandHome(programOf(agent), home);
  if (program.includes('/')) {
    return [program.startsWith('/') ? program : `${expandHome(agent.workingDirectory, home)}/${program}`];
  }
  return agent.path.map((directory) => `${expandHome(directory, home)}/${program}`);
}

/** Paths of an agent that the facts do not hold; of its program only where no directory is known to have it. */
export function uncheckedPaths(agent: Agent, { paths, user }: HostFacts): readonly string[] {
  const programs = programPaths(agent, user.home);
  const isFound = programs.some((path) => paths[path]?.kind === 'file' && paths[path].executable);
  const others = [agent.workingDirectory, ...agent.envFiles].map((path) => expandHome(path, user.home));
  return [...others, ...(isFound ? [] : programs)].filter((path) => paths[path] === undefined);
}

/** What on this machine keeps an agent from starting. A path the facts do not hold is not checked. */
export function hostProblems(agent: Agent, host: HostFacts): readonly Blocked[] {
  return [...programProblems(agent, host), ...directoryProblems(agent, host), ...envFileProblems(agent, host)];
}

function programProblems(agent: Agent, host: HostFacts): readonly Blocked[] {
  const candidates = programPaths(agent, host.user.home);
  const facts = candidates.map((path) => host.paths[path]);
  if (facts.some((fact) => fact === undefined || (fact.kind === 'file' && fact.executable))) return [];
  const present = candidates.find((_, at) => facts[at]?.kind === 'file');
  const denied = candidates.find((_, at) => facts[at]?.kind === 'denied');
  if (present === undefined && denied !== undefined) return [unseen(agent, 'command-not-found', 'program', denied)];
  const program = programOf(agent);
  const searched = agent.path.map((directory) => expandHome(directory, host.user.home)).join(', ');
  return [
    present === undefined
      ? block(
          agent,
          'command-not-found',
          `${agent.name} runs ${program}, which is not there (searched: ${program.includes('/') ? candidates.join(', ') : searched})`,
          agent.program.kind === 'command' && /\s/.test(program) ? ONE_WORD : INSTALL,
        )
      : block(agent, 'command-not-found', `${present} is not executable`, `chmod +x ${quoted(present)}`),
  ];
}

const INSTALL = 'Install it, or add its directory to `path:` of the agent or of agentDefaults.';
const ONE_WORD =
  'A command line is one item per word: `command: [program, argument]`. A program of that name is to be installed.';

function directoryProblems(agent: Agent, host: HostFacts): readonly Blocked[] {
  const path = expandHome(agent.workingDirectory, host.user.home);
  const fact = host.paths[path];
  if (fact === undefined || (fact.kind === 'directory' && fact.executable)) return [];
  if (fact.kind === 'denied') return [unseen(agent, 'working-directory', 'working directory', path)];
  const problem =
    fact.kind === 'missing' ? 'does not exist' : fact.kind === 'directory' ? 'cannot be entered' : 'is not a directory';
  const hint = fact.kind === 'missing' ? `mkdir -p ${quoted(path)}` : 'Choose another workingDirectory.';
  return [block(agent, 'working-directory', `the working directory ${path} ${problem}`, hint)];
}

function envFileProblems(agent: Agent, host: HostFacts): readonly Blocked[] {
  return agent.envFiles.flatMap((file) => {
    const path = expandHome(file, host.user.home);
    const fact = host.paths[path];
    if (fact?.kind === 'denied') return [unseen(agent, 'env-file', 'env file', path)];
    const problem = fact === undefined ? undefined : envFileProblem(fact, host.user.uid);
    if (problem === undefined) return [];
    const hint = fact?.kind === 'missing' ? `install -m 600 /dev/null ${quoted(path)}` : `chmod 600 ${quoted(path)}`;
    return [block(agent, 'env-file', `the env file ${path} ${problem}`, hint)];
  });
}

function envFileProblem(fact: PathFact, uid: number): string | undefined {
  if (fact.kind === 'missing') return 'does not exist';
  if (fact.kind !== 'file') return 'is not a regular file';
  if (fact.uid !== uid) return 'belongs to another user';
  const mode = `(mode ${(fact.mode & 0o777).toString(8)})`;
  if ((fact.mode & 0o077) !== 0) return `can be read by others ${mode}`;
  return (fact.mode & 0o100) === 0 ? undefined : `is executable ${mode}`;
}

/** Nobody can say what is there, or that nothing is. */
const unseen = (agent: Agent, reason: Blocked['reason'], what: string, path: string): Blocked =>
  block(
    agent,
    reason,
    `the ${what} ${path} of ${agent.name} cannot be looked at`,
    `Every directory and link of its path must be open to you: namei -l ${quoted(path)}`,
  );

const block = (agent: Agent, reason: Blocked['reason'], message: string, hint: string): Blocked => ({
  group: `agent.${agent.name}`,
  reason,
  message,
  hint,
});
