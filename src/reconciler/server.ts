import { isObject } from '../model/is-object.ts';
import type { Fleet, Supervisor } from '../model/fleet.ts';
import { counted } from '../model/counted.ts';
import type { HostFacts, Observed } from '../model/observed.ts';
import type { Blocked, Change } from '../model/plan.ts';
import type { Desired, Json } from '../model/resource.ts';
import { kindOf } from './address.ts';
import { agentView, runnerOf } from './agent-state.ts';
import type { PlanInput } from './plan.ts';
import { lineOf, type Decision } from './resources.ts';

/** A missing server is started by the supervisor, not created; a foreign one is in the way of everything. */
export function serverDecision(decision: Decision, supervisor: Supervisor, observed: Observed): Decision {
  const { change, blocked } = decision;
  if (blocked?.reason === 'foreign') return { blocked: foreignServer(blocked, observed) };
  if (change?.action !== 'create') return decision;
  const because = 'the tmux server is not running';
  return {
    change: { ...change, action: 'start', reason: 'not_running', phase: 'start', provider: supervisor, because },
  };
}

/** A server nobody wants any more ends with the sessions, by the hand of whoever runs it. */
export function endOfServer(change: Change, provider: Supervisor, { facts }: Observed): Change {
  const others = facts['foreignSessions'];
  const also = Array.isArray(others) && others.length > 0 ? `, also what is not ours: ${others.join(', ')}` : '';
  const because = `the tmux server and all its sessions end${also}`;
  return { ...change, disruption: 'fleet', phase: 'stop', provider, because };
}

function foreignServer(blocked: Blocked, observed: Observed): Blocked {
  const { facts, host } = observed;
  const { pid, named } = serverFacts(facts['foreignServer']);
  const reason = 'foreign-server';
  const old = ownerOfServer(observed);
  if (old === undefined) {
    const message = `a tmux server that is not this fleet's lives on ${host.socketPath} (pid ${pid}, ${named})`;
    const hint = 'Choose another `spec.tmux.socket`, or end that server yourself; nothing was done.';
    return { ...blocked, reason, message, hint };
  }
  const message = `${heldFleetText(old, host)}, and its tmux server lives on ${host.socketPath} (pid ${pid}, ${named})`;
  const hint = `mosaic fleet destroy --fleet ${old}, if it was called so before; else another \`spec.tmux.socket\`. Nothing was done.`;
  return { ...blocked, reason, message, hint };
}

/** The other fleet of this home that has the socket: before its name was changed, most often this one. */
export function ownerOfServer({ facts, host }: Observed): string | undefined {
  const { fleet } = isObject(facts['foreignServer']) ? facts['foreignServer'] : {};
  return typeof fleet === 'string' && fleet in host.otherFleets ? fleet : undefined;
}

/** A fleet that is installed in this home as well, and how big it is. */
export function heldFleetText(name: string, { otherFleets }: HostFacts): string {
  return `this home still holds fleet ${name} (${counted(Number(otherFleets[name]), 'agent')})`;
}

function serverFacts(fact: Json | undefined): { readonly pid: string; readonly named: string } {
  const { pid, sessions } = isObject(fact) ? fact : {};
  const names = Array.isArray(sessions) ? sessions.join(', ') : '';
  return {
    pid: typeof pid === 'number' ? String(pid) : 'unknown',
    named: names === '' ? 'no sessions' : `sessions: ${names}`,
  };
}

/**
 * Another socket, tmux directory or supervisor means another server: the old one ends, and every agent that should
 * run starts again. Turns such an update of the server into a replace and its agents' fates into restarts.
 */
export function replaceServer(changes: readonly Change[], input: PlanInput): readonly Change[] {
  const server = changes.find(
    ({ address, action, disruption }) => kindOf(address) === 'server' && action === 'update' && disruption === 'fleet',
  );
  if (server === undefined) return changes;
  const others = changes.filter((change) => change !== server && !endsAnyway(change));
  const provider = runnerOf(input.observed, input.fleet);
  const replaced = [
    { ...server, action: 'replace' as const, phase: 'stop' as const, provider, because: 'the tmux server is replaced' },
    ...others.map((change) => afterTheEnd(change, input.fleet.name)),
    ...restarts(input, new Set(others.flatMap(({ address, phase }) => (phase === 'start' ? address : [])))),
  ];
  // The first agent's start brings the server up; without one it is started for itself.
  return replaced.some(({ phase }) => phase === 'start') ? replaced : [...replaced, startOf(server, input.fleet)];
}

/** What happens to a session of the old server, and its name there, is decided by the server's end. */
const endsAnyway = ({ address, phase }: Change): boolean =>
  kindOf(address) === 'session' && (phase === 'restart' || phase === 'live');

/** The record of the server names the old one until that has ended: an apply that breaks off finds it again. */
const afterTheEnd = (change: Change, fleet: string): Change =>
  change.address === `file.fleets/${fleet}/server` ? { ...change, phase: 'restart' } : change;

const startOf = (server: Change, { supervisor }: Fleet): Change => ({
  ...server,
  provider: supervisor,
  action: 'start',
  reason: 'not_running',
  disruption: 'none',
  phase: 'start',
  patch: [],
  because: 'the tmux server is replaced',
});

function restarts(input: PlanInput, starting: ReadonlySet<string>): readonly Change[] {
  const { fleet, observed, desired } = input;
  return desired
    .filter(({ address }) => kindOf(address) === 'session' && !starting.has(address))
    .flatMap((session) => {
      const agent = fleet.agents.find(({ name }) => session.group === `agent.${name}`);
      const held = observed.host.holds.some((hold) => hold.agent === agent?.name);
      if (agent === undefined || held || agent.state === 'stopped') return [];
      const view = agentView(observed, agent.name, agent.restart.policy, fleet.supervisor);
      return [restartOf(session, fleet.supervisor, view.fingerprint)];
    });
}

const restartOf = (session: Desired, provider: Supervisor, expected: string): Change => ({
  address: session.address,
  group: session.group,
  provider,
  action: 'restart',
  reason: 'spec_changed',
  disruption: 'restart',
  phase: 'start',
  patch: [],
  because: 'the tmux server is replaced',
  ...lineOf(session),
  desired: session,
  expected,
});
