import type { AdapterOverride as AdapterSpec, AgentSpec } from '../generated/manifest.ts';
import type { AdapterOverride, Agent, Fleet, Limits, Program } from '../model/fleet.ts';
import { FleetError } from '../model/error.ts';
import { isAgentName, isFleetName, isSocketName } from '../model/names.ts';
import type { AgentView, SoundManifest } from './sound.ts';
import { emptyRecord } from './tree.ts';
import { parseDuration } from './words.ts';

/** Gives every field its value. Only for a manifest without errors; `lineOf` finds an agent's key. */
export function toFleet({ name, spec, agents }: SoundManifest, lineOf: (agent: string) => number): Fleet {
  const tmux = spec.tmux ?? {};
  return {
    name: branded(name ?? 'canary', isFleetName),
    socket: branded(tmux.socket ?? 'mosaic-factory', isSocketName),
    tmpdir: tmux.tmpdir,
    historyLimit: tmux.historyLimit ?? 20_000,
    size: tmux.size ?? '200x50',
    options: record<string>(tmux.options),
    notify: spec.notify ?? [],
    supervisor: spec.supervisor ?? 'systemd',
    agentsMayManage: spec.agentsMayManage ?? false,
    adapters: toOverrides(spec.adapters ?? {}),
    agents: agents.map((agent) => toAgent(agent, lineOf(agent.name))).toSorted(byName),
  };
}

function toOverrides(adapters: Readonly<Record<string, AdapterSpec>>): Fleet['adapters'] {
  const entries = Object.entries(adapters).map(([name, adapter]) => [name, toOverride(adapter)] as const);
  return record<AdapterOverride>(Object.fromEntries(entries));
}

function toOverride({ submitDelay, submitKey, ...screen }: AdapterSpec): AdapterOverride {
  const lists = Object.entries(screen).map(([state, patterns]) => [
    state,
    typeof patterns === 'string' ? [patterns] : patterns,
  ]);
  return {
    ...(submitDelay === undefined ? {} : { submitDelayMs: milliseconds(submitDelay, 0) }),
    ...(submitKey === undefined ? {} : { submitKey }),
    ...Object.fromEntries(lists),
  };
}

/** The PATH of an agent that names none. */
export const DEFAULT_PATH: readonly string[] = ['~/.local/bin', '/usr/local/bin', '/usr/bin', '/bin'];

function toAgent({ name, merged }: AgentView, line: number): Agent {
  const program = programOf(merged);
  return {
    name: branded(name, isAgentName),
    description: merged.description ?? '',
    labels: record<string>(merged.labels),
    program,
    workingDirectory: merged.workingDirectory ?? '~',
    path: merged.path ?? DEFAULT_PATH,
    env: record<string>(merged.env),
    envFiles: merged.envFiles ?? [],
    state: merged.state ?? 'running',
    ...lifeOf(merged),
    updatePolicy: merged.updatePolicy ?? 'when-idle',
    resume: merged.resume ?? [],
    adapter: merged.adapter ?? adapterOf(program),
    protect: merged.protect ?? false,
    line,
  };
}

function programOf({ command, shell = '' }: AgentSpec): Program {
  return command === undefined ? { kind: 'shell', text: shell } : { kind: 'command', argv: command };
}

function lifeOf({ restart = {}, stop = {}, limits = {} }: AgentSpec): Pick<Agent, 'restart' | 'stop' | 'limits'> {
  return {
    restart: {
      policy: restart.policy ?? 'on-failure',
      delayMs: milliseconds(restart.delay, 2000),
      burst: restart.burst ?? 5,
      windowMs: milliseconds(restart.window, 60_000),
    },
    stop: { timeoutMs: milliseconds(stop.timeout, 15_000) },
    limits: limits satisfies Limits,
  };
}

/** Schema and rules have refused every other name before; this holds them to it. */
function branded<T extends string>(text: string, isValid: (text: string) => text is T): T {
  if (!isValid(text)) throw new FleetError('E_INTERNAL', 'a name passed the schema that no unit or socket can have');
  return text;
}

const milliseconds = (text: string | undefined, fallback: number): number => parseDuration(text ?? '') ?? fallback;

/** The program's own name, where it can be an adapter's name. */
function adapterOf(program: Program): string {
  const file = program.kind === 'command' ? (program.argv[0] ?? '') : '';
  const name = file.slice(file.lastIndexOf('/') + 1);
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name) ? name : 'default';
}

const record = <T>(fields: object = {}): Record<string, T> => Object.assign(emptyRecord<T>(), fields);

const byName = (left: Agent, right: Agent): number => (left.name < right.name ? -1 : 1);
