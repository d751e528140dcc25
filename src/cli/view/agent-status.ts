import type { ActivityReport } from '../../model/observed.ts';
import type { Condition } from '../../model/plan.ts';
import type { Json, JsonObject } from '../../model/resource.ts';
import type { AgentStatus } from '../../reconciler/status.ts';
import { activityText, needsYou, shortDuration } from './activity.ts';
import { printable } from './printable.ts';
import { agentJson } from './status.ts';

/** All that is known of one agent. */
export interface AgentDetail extends AgentStatus {
  /** Name of the adapter that its activity is told by; undefined where the manifest does not name the agent. */
  readonly adapter: string | undefined;
  /** The last lines of the screen it ended with; empty while it runs. */
  readonly lastScreen: readonly string[];
}

/** A block per agent: how it is, how that is known, and what to type next. */
export const agentStatusText = (agents: readonly AgentDetail[], nowMs: number): string =>
  agents.length === 0 ? 'No agents.\n' : `${agents.map((agent) => block(agent, nowMs)).join('\n\n')}\n`;

function block(agent: AgentDetail, nowMs: number): string {
  const rows = rowsOf(agent, nowMs).flatMap(([title, text]) =>
    text === undefined ? [] : [`  ${title.padEnd(9)} ${text}`],
  );
  const screen = agent.lastScreen.map((line) => `    | ${printable(line)}`);
  return [headline(agent), ...rows, ...(screen.length > 0 ? ['  last screen:', ...screen] : [])].join('\n');
}

function headline({ name, state, held, desired, inSync, adapter }: AgentDetail): string {
  if (adapter === undefined) return `${name}: ${state}, not in the manifest`;
  const wish = held ? ', held' : desired === 'stopped' ? ', wanted stopped' : '';
  return `${name}: ${state}${wish}${inSync ? '' : ', not as the manifest says'}`;
}

type Row = readonly [title: string, text: string | undefined];

function rowsOf(agent: AgentDetail, nowMs: number): readonly Row[] {
  const { unit, sessionId, restarts, heldBy, note, state } = agent;
  return [
    ['unit', unit],
    ['session', sessionId],
    ['process', processText(agent, nowMs)],
    ['restarts', String(restarts)],
    ['last exit', exitText(agent, nowMs)],
    ['activity', state === 'running' ? `${activityText(agent)}: ${evidence(agent)}` : undefined],
    ['held', heldBy === undefined ? undefined : holdText(heldBy, nowMs)],
    ['env files', agent.envFileNewer ? 'newer than start; the new contents are taken at the next start' : undefined],
    ['note', note === undefined ? undefined : printable(note)],
    ['next', nextCommand(agent)],
  ];
}

function processText({ pid, state, startedAtMs }: AgentStatus, nowMs: number): string | undefined {
  if (pid === undefined) return undefined;
  const isUp = state === 'running' && startedAtMs !== undefined;
  return `pid ${pid}${isUp ? `, up ${shortDuration(nowMs - startedAtMs)}` : ''}`;
}

function exitText({ lastExit }: AgentStatus, nowMs: number): string | undefined {
  if (lastExit === undefined) return undefined;
  const { code, signal, at, asked, sessionLost } = lastExit;
  const how = signal === undefined ? `code ${code ?? 'unknown'}` : `signal ${printable(signal)}`;
  const when = at === undefined ? '' : `, ${shortDuration(nowMs - at)} ago`;
  if (sessionLost === true) return `its session was ended from outside${when}${asked ? ', asked to stop' : ''}`;
  return `${how}${when}, ${asked ? 'asked to stop' : 'by itself'}`;
}

/** A hold says `by=WHO at=MILLISECONDS`; what else stands there is shown as it is. */
function holdText(hold: string, nowMs: number): string {
  const [, who, at] = /^by=(.*) at=(\d+)$/.exec(hold) ?? [];
  return printable(who === undefined ? hold : `by ${who}, ${shortDuration(nowMs - Number(at))} ago`);
}

/** Why the activity is believed, or why none is known. */
function evidence({ activity, adapter }: AgentDetail): string {
  const { state, source, detail, sinceSec } = activity;
  if (adapter === undefined) return 'only agents of the manifest are asked';
  switch (source) {
    case 'process':
      return processEvidence(state);
    case 'screen':
      return `${detail === undefined ? 'seen' : `${printable(detail)}, seen`} on its screen (adapter ${adapter})`;
    default:
      return sinceSec === undefined ? 'its screen could not be read' : noEvidence(adapter, sinceSec);
  }
}

function noEvidence(adapter: string, sinceSec: number): string {
  const why =
    adapter === 'default' ? 'nobody described its program' : `its screen shows nothing that adapter ${adapter} knows`;
  return `${why}; last output ${shortDuration(sinceSec * 1000)} ago`;
}

function processEvidence(state: ActivityReport['state']): string {
  if (state === 'unknown') return 'its process is stopped by a signal';
  return state === 'idle' ? 'its terminal waits for the shell itself' : 'a program runs in its foreground';
}

const NEXT: Readonly<Record<AgentStatus['state'], (name: string) => string>> = {
  running: (name) => `mosaic agent tail ${name}`,
  starting: (name) => `mosaic fleet log ${name}`,
  stopped: (name) => `mosaic fleet apply ${name}`,
  exited: (name) => `mosaic fleet apply ${name}`,
  missing: (name) => `mosaic fleet apply ${name}`,
  failed: (name) => `mosaic fleet restart ${name}`,
  'crash-looping': (name) => `mosaic fleet restart ${name}`,
  unknown: () => 'mosaic fleet doctor',
};

/** The command that most likely comes next; none for an agent that is down and shall be. */
function nextCommand(agent: AgentDetail): string | undefined {
  const { name, state, held, desired, inSync, adapter } = agent;
  if (needsYou(agent) !== undefined) return `mosaic agent attach ${name}`;
  if (adapter === undefined) return 'mosaic fleet apply';
  if (held) return `mosaic fleet start ${name}`;
  if (desired === 'stopped' && inSync) return undefined;
  return state === 'running' && !inSync ? 'mosaic fleet plan' : NEXT[state](name);
}

/** The same as scripts read it. `conditions` hold what stands in for the manifest, if anything does. */
export const agentStatusJson = (
  fleet: string,
  agents: readonly AgentDetail[],
  conditions: readonly Condition[],
  nowMs: number,
): JsonObject => ({
  formatVersion: '1.0',
  fleet,
  conditions: conditions.map((condition) => ({ ...condition })),
  agents: agents.map((agent) => ({
    ...agentJson(agent),
    adapter: agent.adapter ?? null,
    heldBy: agent.heldBy ?? null,
    uptimeSec: uptimeSec(agent, nowMs),
    lastExit: exitJson(agent),
    envFileNewer: agent.envFileNewer,
    lastScreen: agent.lastScreen,
  })),
});

const uptimeSec = ({ state, startedAtMs }: AgentStatus, nowMs: number): number | null =>
  state === 'running' && startedAtMs !== undefined ? Math.max(0, Math.floor((nowMs - startedAtMs) / 1000)) : null;

function exitJson({ lastExit }: AgentStatus): Json {
  if (lastExit === undefined) return null;
  const { code = null, signal = null, at = null, asked, sessionLost = false } = lastExit;
  return { code, signal, at, asked, sessionLost };
}
