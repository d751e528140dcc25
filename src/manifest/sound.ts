import type { AgentSpec, FleetManifest, FleetSpec } from '../generated/manifest.ts';
import { emptyRecord, type Path } from './tree.ts';

/** An agent as written, and as it is after `agentDefaults`. */
export interface AgentView {
  readonly name: string;
  readonly own: AgentSpec;
  readonly merged: AgentSpec;
}

/** What fits the schema: of a manifest with mistakes, the fields without. */
export interface SoundManifest {
  readonly name: string | undefined;
  readonly spec: Partial<FleetSpec>;
  /** In the order of the text. */
  readonly agents: readonly AgentView[];
  /** Paths that the schema has refused. */
  readonly refused: readonly Path[];
}

/** Leaves out what the schema has refused, field by field, so that the rules can look at the rest. */
export function soundManifest(value: unknown, refused: readonly Path[]): SoundManifest {
  const broken = new Set(refused.map((path) => pathKey(fieldOf(path))));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the schema has refused is gone; the rest fits
  const manifest = without(value, [], broken) as Partial<FleetManifest> | undefined;
  const spec: Partial<FleetSpec> = manifest?.spec ?? {};
  const agents = Object.entries(spec.agents ?? {}).map(([name, own]) => ({
    name,
    own,
    merged: mergeAgent(spec.agentDefaults ?? {}, own),
  }));
  return { name: manifest?.metadata?.name, spec, agents, refused };
}

const pathKey = (path: Path): string => JSON.stringify(path);

/** Steps to a field, where it is not the third: in `spec.agents.NAME.env`, in the list `spec.notify`. */
const DEPTHS: ReadonlyMap<unknown, number> = new Map([
  ['agents', 4],
  ['adapters', 4],
  ['notify', 2],
]);

/** The field a path is in: `spec.tmux.socket`, `spec.agents.NAME.env`. */
const fieldOf = (path: Path): Path => path.slice(0, DEPTHS.get(path[1]) ?? 3);

function without(value: unknown, path: Path, broken: ReadonlySet<string>): unknown {
  if (broken.has(pathKey(path))) return undefined;
  if (broken.size === 0 || path.length >= 4 || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value;
  const rest = emptyRecord<unknown>();
  for (const [key, child] of Object.entries(value)) {
    const kept = without(child, [...path, key], broken);
    if (kept !== undefined) rest[key] = kept;
  }
  return rest;
}

/** Maps merge key by key; lists and scalars of the agent replace. An agent's own program replaces either kind. */
function mergeAgent(defaults: AgentSpec, own: AgentSpec): AgentSpec {
  const merged: AgentSpec = { ...defaults, ...own };
  // Where both are left, `command` is taken.
  if (own.shell !== undefined && own.command === undefined) delete merged.command;
  return {
    ...merged,
    labels: merge(defaults.labels, own.labels),
    env: merge(defaults.env, own.env),
    restart: { ...defaults.restart, ...own.restart },
    stop: { ...defaults.stop, ...own.stop },
    limits: { ...defaults.limits, ...own.limits },
  };
}

type Texts = Readonly<Record<string, string>>;

const merge = (defaults: Texts = {}, own: Texts = {}): Record<string, string> =>
  Object.assign(emptyRecord<string>(), defaults, own);
