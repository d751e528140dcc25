import type { AgentSpec } from '../generated/manifest.ts';
import type { Problem, Span } from './report.ts';
import type { AgentView, SoundManifest } from './sound.ts';
import type { Path, Tree } from './tree.ts';
import type { WarningCode } from './warnings.ts';

/** What a rule looks at: the manifest as far as it fits the schema, and where things stand in the text. */
export interface RuleInput extends SoundManifest {
  readonly tree: Tree;
}

/** What a rule finds. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly span: Span;
  readonly problem: Problem;
}

/** A law that one field alone cannot show. Pure; the order of rules has no effect but on ties. */
export type Rule = (input: RuleInput) => Iterable<Finding>;

/** `agentDefaults` and each agent as written, with the path of each. */
export function sections({ spec, agents }: RuleInput): readonly Section[] {
  const defaults = spec.agentDefaults === undefined ? [] : [{ path: DEFAULTS, fields: spec.agentDefaults }];
  return [...defaults, ...agents.map(({ name, own }) => ({ path: ['spec', 'agents', name], fields: own }))];
}

/** Fields as written in one place, and the path of that place. */
export interface Section {
  readonly path: Path;
  readonly fields: AgentSpec;
}

const DEFAULTS: Path = ['spec', 'agentDefaults'];

/** Where an agent's field is written: with the agent itself, else in `agentDefaults`, else the agent. */
export function fieldPath({ spec }: RuleInput, agent: AgentView, field: keyof AgentSpec): Path {
  if (agent.own[field] !== undefined || spec.agentDefaults?.[field] === undefined)
    return ['spec', 'agents', agent.name, field];
  return [...DEFAULTS, field];
}

/** A finding that makes the manifest invalid. */
export const error = (span: Span, problem: Problem): Finding => ({ severity: 'error', span, problem });

/** A finding that only deserves a look. */
export const warning = (span: Span, problem: Problem & { readonly code: WarningCode }): Finding => ({
  severity: 'warning',
  span,
  problem,
});
