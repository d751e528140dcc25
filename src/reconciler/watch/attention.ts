import type { AgentStatus } from '../status.ts';

/** A person is needed: for which agent, why in one word, and in words. */
export interface Call {
  readonly agent: string;
  readonly reason: 'dialog' | 'setup' | 'crash-loop';
  readonly text: string;
}

/** When a person was called for an agent and a reason; `isOpen` while the reason lasts. */
export type Calls = Readonly<Record<string, { readonly lastMs: number; readonly isOpen: boolean }>>;

/** For the same agent and reason a person is called at most once in this time. */
const QUIET_MS = 60_000;

const keyOf = ({ agent, reason }: Call): string => `${agent} ${reason}`;

/** Who is to be called for now, and what to remember of it: once when a reason begins, not while it lasts. */
export function callsDue(
  needs: readonly Call[],
  before: Calls,
  nowMs: number,
): { readonly due: readonly Call[]; readonly calls: Calls } {
  const due = needs.filter((call) => {
    const last = before[keyOf(call)];
    return last === undefined || (!last.isOpen && nowMs - last.lastMs >= QUIET_MS);
  });
  const isNeeded = new Set(needs.map(keyOf));
  const kept = Object.entries(before)
    .filter(([key, { lastMs }]) => isNeeded.has(key) || nowMs - lastMs < QUIET_MS)
    .map(([key, last]) => [key, { ...last, isOpen: last.isOpen && isNeeded.has(key) }] as const);
  const called = due.map((call) => [keyOf(call), { lastMs: nowMs, isOpen: true }] as const);
  return { due, calls: { ...Object.fromEntries(kept), ...Object.fromEntries(called) } };
}

const ASKS = { dialog: 'waits for an answer', setup: 'waits to be set up' } as const;

/** What each agent needs a person for. */
export const needsOf = (agents: readonly AgentStatus[], crashed: ReadonlyMap<string, string>): readonly Call[] =>
  agents.flatMap(({ name, state, activity: { state: activity, detail } }): readonly Call[] => {
    const why = crashed.get(name);
    if (why !== undefined) return [{ agent: name, reason: 'crash-loop', text: `${name}: ${why}` }];
    if (state !== 'running' || (activity !== 'dialog' && activity !== 'setup')) return [];
    const what = detail === undefined ? '' : ` (${detail})`;
    return [{ agent: name, reason: activity, text: `${name} ${ASKS[activity]}${what}: mosaic agent attach ${name}` }];
  });
