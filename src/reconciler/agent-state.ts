import type { Fleet, RestartPolicy, Supervisor } from '../model/fleet.ts';
import type { AgentState, Observed } from '../model/observed.ts';
import { textOf, type JsonObject, type Observation } from '../model/resource.ts';
import { observationOf } from './address.ts';
import { accepts, endedAt, endedByItself, exitText, stopWasAsked } from './ending.ts';

/** What is known of one agent, joined from its unit, its session and the records its helper wrote. */
export interface AgentView {
  readonly state: AgentState;
  /** Hash of what the running process was started with; undefined when nothing runs. */
  readonly runningSpec?: string;
  readonly launcher?: string;
  readonly pid?: number;
  readonly sessionId?: string;
  /** The session's present name, when somebody renamed it. */
  readonly renamedTo?: string;
  readonly restarts: number;
  readonly lastExit?: {
    readonly code?: number;
    readonly signal?: string;
    readonly at?: number;
    /** Somebody had asked it to stop. */
    readonly asked: boolean;
    /** Its session was ended below it: the code is none of its own. */
    readonly sessionLost?: true;
  };
  readonly startedAt?: number;
  /** Hash of what its last run was started with, whether that still runs or not. */
  readonly startedSpec?: string;
  /** Its `resume` failed at once, or is not there, so this run was started with its `command`. */
  readonly resumeFailed?: true;
  /** Why it is `failed`, `unknown` or not ours, in words. */
  readonly detail?: string;
  readonly block?: 'foreign' | 'impostor' | 'duplicate-owner' | 'masked';
  /** Its unit's name is taken: by a mask, which keeps it from starting, or by somebody else's unit. */
  readonly unitTaken?: 'masked' | 'foreign';
  /** What keeps systemd from loading its unit, in systemd's word: it can be stopped, not started. */
  readonly unitRefused?: string;
  readonly fingerprint: string;
}

interface Evidence {
  readonly run: Observation;
  readonly session: Observation;
  readonly recorded: Observation;
  readonly record: JsonObject;
  readonly policy: RestartPolicy;
}

type Present = Extract<Observation, { state: 'present' }>;

const views = new WeakMap<Observed, Map<string, AgentView>>();

/** Joins what was seen of agent `name`, once per observation. `policy` tells which endings its restart policy accepts. */
export function agentView(observed: Observed, name: string, policy: RestartPolicy, supervisor: Supervisor): AgentView {
  const known = views.get(observed) ?? new Map<string, AgentView>();
  views.set(observed, known);
  const key = `${name} ${policy} ${supervisor}`;
  const view =
    known.get(key) ?? joinEvidence(evidenceOf(observed, name, policy), supervisor, serverSupervisor(observed));
  known.set(key, view);
  return view;
}

function evidenceOf(observed: Observed, name: string, policy: RestartPolicy): Evidence {
  const recorded = observationOf(observed, `record.${name}`);
  return {
    run: observationOf(observed, `run.${name}`),
    session: observationOf(observed, `session.${name}`),
    recorded,
    record: recorded.state === 'present' ? recorded.spec : {},
    policy,
  };
}

const joinEvidence = (evidence: Evidence, supervisor: Supervisor, runsUnder: string): AgentView => ({
  fingerprint: fingerprintOf(evidence),
  ...recordFacts(evidence),
  ...sessionFacts(evidence.session),
  ...findState(evidence, supervisor, runsUnder),
  ...unitFacts(evidence.run),
});

type Finding = Pick<AgentView, 'state'> & Partial<AgentView>;

function findState(evidence: Evidence, supervisor: Supervisor, runsUnder: string): Finding {
  const { session } = evidence;
  if (session.state === 'unknown') return { state: 'unknown', detail: session.error.message };
  // Until the server is replaced, everything is where the one who runs it has put it.
  return (runsUnder || supervisor) === 'systemd' ? underSystemd(evidence) : underTmux(evidence);
}

const supervisors = new WeakMap<Observed, Supervisor | ''>();

/** Who runs the fleet's present server, empty when it has none; found once per observation, not once per agent. */
export function serverSupervisor(observed: Observed): Supervisor | '' {
  const known = supervisors.get(observed);
  if (known !== undefined) return known;
  const address = Object.keys(observed.items).find((each) => each.startsWith('server.'));
  const server = address === undefined ? undefined : observed.items[address];
  const name = server?.state === 'present' && server.owner === 'fleet' ? server.spec['supervisor'] : undefined;
  const found = name === 'systemd' || name === 'tmux' ? name : '';
  supervisors.set(observed, found);
  return found;
}

/** Who runs the fleet's processes: of a server that is there whoever has started it, else whom the manifest names. */
export const runnerOf = (observed: Observed, { supervisor }: Pick<Fleet, 'supervisor'>): Supervisor =>
  serverSupervisor(observed) || supervisor;

function underSystemd(evidence: Evidence): Finding {
  if (evidence.run.state === 'unknown') return { state: 'unknown', detail: evidence.run.error.message };
  return isJoining(evidence.session)
    ? { state: 'starting', detail: 'its session was made a moment ago' }
    : byUnit(evidence);
}

function byUnit(evidence: Evidence): Finding {
  const { run, session } = evidence;
  const active = run.state === 'present' ? textOf(run.spec['active']) : 'inactive';
  if (active === 'active' || active === 'reloading') return whileActive(session);
  if (active === 'activating') return { state: 'starting' };
  const found = active === 'failed' ? failedUnit(evidence) : ended(evidence);
  const stands = active === 'deactivating' ? undefined : blockOf(session, false);
  const isEnding = active === 'deactivating' && found.state === 'stopped';
  return { ...found, ...(isEnding ? { detail: 'it is being stopped' } : {}), ...maskOf(run), ...stands };
}

/** The look at the unit was a moment too early, or is of the run before. */
const isJoining = (session: Observation): boolean =>
  session.state === 'present' && session.spec['joining'] === true && blockOf(session, true) === undefined;

function whileActive(session: Observation): Finding {
  if (session.state !== 'present') return { state: 'starting', detail: 'its unit is active, its session is not there' };
  const blocked = blockOf(session, session.spec['inUnit'] === true);
  return blocked === undefined ? { state: 'running', ...nameTaken(session) } : { state: 'unknown', ...blocked };
}

function unitFacts(run: Observation): Pick<AgentView, 'unitTaken' | 'unitRefused'> {
  if (run.state !== 'present') return {};
  const load = textOf(run.spec['load']);
  if (load === 'masked') return { unitTaken: 'masked' };
  if (run.owner === 'foreign') return { unitTaken: 'foreign' };
  return load === 'bad-setting' || load === 'error' ? { unitRefused: load } : {};
}

const maskOf = (run: Observation): Pick<AgentView, 'block' | 'detail'> =>
  unitFacts(run).unitTaken === 'masked' ? { block: 'masked', detail: 'its unit is masked' } : {};

function underTmux(evidence: Evidence): Finding {
  const { session, record } = evidence;
  const down = ended(evidence);
  // Of this very run the watcher, who keeps the start limit here, has said so.
  const isCrashed =
    down.state === 'failed' && record['fault'] === undefined && record['gaveUp'] === record['startedAt'];
  const found: Finding = isCrashed ? { ...down, state: 'crash-looping' } : down;
  if (session.state !== 'present') return found;
  const blocked = blockOf(session, session.spec['isWrapper'] === true);
  return blocked === undefined ? { state: 'running', ...nameTaken(session) } : { ...found, ...blocked };
}

/** Renamed, and its name given to another session: it cannot have it back. */
const nameTaken = (session: Present): Pick<AgentView, 'block' | 'detail'> =>
  session.spec['nameTaken'] === true ? { block: 'foreign', detail: 'another session has taken its name' } : {};

/** A session that stands in the way: without our mark it is foreign, with the mark in the wrong place an impostor. */
function blockOf(session: Observation, inPlace: boolean): Pick<AgentView, 'block' | 'detail'> | undefined {
  if (session.state !== 'present') return undefined;
  if (session.spec['duplicate'] === true) return { block: 'duplicate-owner', detail: 'two sessions carry its mark' };
  if (session.owner === 'foreign')
    return { block: 'foreign', detail: session.foreignBecause ?? 'it has no mark of ours' };
  return inPlace
    ? undefined
    : { block: 'impostor', detail: 'a session carries its mark but its process is not in its unit' };
}

/** A failed unit: its agent crashed too often, was killed at a stop, or could not be started. */
function failedUnit(evidence: Evidence): Finding {
  const { record } = evidence;
  const unclear = unclearEnd(evidence);
  if (unclear !== undefined) return unclear;
  if (typeof record['fault'] === 'string') return { state: 'failed', detail: record['fault'] };
  if (stopWasAsked(record)) return { state: 'stopped', detail: 'its unit failed' };
  if (!endedByItself(record)) return { state: 'failed', detail: 'its unit failed' };
  return { state: evidence.policy === 'never' ? 'exited' : 'crash-looping', detail: exitText(record) };
}

/** Nothing runs: why not, by the helper's records. */
function ended(evidence: Evidence): Finding {
  const { record, policy } = evidence;
  const unclear = unclearEnd(evidence);
  if (unclear !== undefined) return unclear;
  if (typeof record['fault'] === 'string') return { state: 'failed', detail: record['fault'] };
  if (record['startedAt'] === undefined) return { state: 'missing' };
  if (!endedByItself(record)) return { state: 'stopped' };
  return { state: accepts(policy, record) ? 'exited' : 'failed', detail: exitText(record) };
}

const unclearEnd = ({ recorded }: Evidence): Finding | undefined =>
  recorded.state === 'unknown' ? { state: 'unknown', detail: recorded.error.message } : undefined;

function recordFacts({
  record,
}: Evidence): Pick<AgentView, 'restarts' | 'lastExit' | 'startedAt' | 'startedSpec' | 'resumeFailed'> {
  const { starts, startedAt, startedSpec } = record;
  const at = endedAt(record);
  return {
    restarts: typeof starts === 'number' ? Math.max(0, starts - 1) : 0,
    ...(at === undefined ? {} : { lastExit: exitOf(record, at) }),
    ...(typeof startedAt === 'number' ? { startedAt } : {}),
    ...(typeof startedSpec === 'string' ? { startedSpec } : {}),
    ...(record['resumeFailed'] === true ? { resumeFailed: true } : {}),
  };
}

const exitOf = ({ code, signal, asked, sessionLost }: JsonObject, at: number): NonNullable<AgentView['lastExit']> => ({
  at,
  asked: asked === 'stop',
  ...(typeof code === 'number' ? { code } : {}),
  ...(typeof signal === 'string' ? { signal } : {}),
  ...(sessionLost === true ? { sessionLost } : {}),
});

function sessionFacts(session: Observation): Partial<AgentView> {
  if (session.state !== 'present' || session.owner === 'foreign') return {};
  const { spec, launcher, pid, id, name, wantedName } = session.spec;
  return {
    ...(typeof spec === 'string' ? { runningSpec: spec } : {}),
    ...(typeof launcher === 'string' ? { launcher } : {}),
    ...(typeof pid === 'number' ? { pid } : {}),
    ...(typeof id === 'string' ? { sessionId: id } : {}),
    ...(name !== wantedName && typeof name === 'string' ? { renamedTo: name } : {}),
  };
}

const part = (observation: Observation): string =>
  observation.state === 'present' ? observation.fingerprint : observation.state;

/** Changes when the unit's state or the session changes; compared right before a step. */
const fingerprintOf = ({ run, session }: Evidence): string => `${runPart(run)} ${part(session)}`;

/** systemd forgets a unit that rests, and loads it again when anybody asks: that is no change. */
const runPart = (run: Observation): string =>
  run.state === 'absent' || (run.state === 'present' && run.spec['active'] === 'inactive' && run.owner === 'fleet')
    ? 'inactive'
    : part(run);

/** It was on its way up, so whatever it has become since is what it was about to be. */
export const wasStarting = (fingerprint: string): boolean => /^activating\/|^active\/\S+ absent$/.test(fingerprint);
