import { expandHome, type Agent, type Supervisor } from '../model/fleet.ts';
import type { Observed } from '../model/observed.ts';
import type { Blocked, Condition } from '../model/plan.ts';
import { agentView, type AgentView } from './agent-state.ts';
import { compareText } from './diff.ts';
import { hostProblems } from './host-checks.ts';
import type { PlanInput } from './plan.ts';
import { covers, listed, toCorrect } from './refused-units.ts';
import { heldFleetText, ownerOfServer } from './server.ts';

/** What a user should know beside the changes: none of it makes a plan non-empty. */
export function conditionsOf(input: PlanInput, blocked: readonly Blocked[]): readonly Condition[] {
  return [
    ...lingerCondition(input),
    ...restartPending(input),
    ...envFilesNewer(input),
    ...nextStartFails(input, blocked),
    ...unitsRefused(input, blocked),
    ...limitsNotEnforced(input),
    ...homeDiffers(input),
    ...otherFleets(input),
    ...overrides(input),
    ...notChecked(input),
  ];
}

function lingerCondition({ observed, fleet }: PlanInput): readonly Condition[] {
  if (fleet.supervisor !== 'systemd' || observed.host.linger !== false) return [];
  const { name } = observed.host.user;
  return [
    {
      type: 'Linger',
      status: 'False',
      reason: 'NotEnabled',
      message: `the agents end when ${name} logs out and do not start at boot; to change that: loginctl enable-linger ${name}`,
    },
  ];
}

/** Our own launcher, its unit template, the history limit or the size changed: new at each agent's next start. */
function restartPending({ observed, fleet, desired }: PlanInput): readonly Condition[] {
  const wanted = desired.find(({ address }) => address.startsWith('session.'))?.spec['launcher'];
  const waiting = fleet.agents.filter((agent) => {
    const view = agentView(observed, agent.name, agent.restart.policy, fleet.supervisor);
    return view.state === 'running' && view.launcher !== undefined && view.launcher !== wanted;
  });
  if (waiting.length === 0) return [];
  const message = `${names(waiting)}: the new launcher, history limit or size is taken at the next start`;
  return [{ type: 'RestartPending', status: 'True', reason: 'NextStart', message }];
}

const names = (agents: readonly Agent[]): string =>
  agents
    .map(({ name }) => name)
    .toSorted(compareText)
    .join(', ');

function envFilesNewer({ observed, fleet }: PlanInput): readonly Condition[] {
  const older = fleet.agents.filter((agent) => envFileIsNewer(observed, agent, fleet.supervisor));
  if (older.length === 0) return [];
  const message = `${names(older)}: envFile newer than start; its contents are taken at the next start`;
  return [{ type: 'EnvFileNewer', status: 'True', reason: 'NextStart', message }];
}

/** Contents of env files are no part of the spec: a running agent has those of its start. */
export function envFileIsNewer(observed: Observed, agent: Agent, supervisor: Supervisor): boolean {
  if (agent.envFiles.length === 0) return false;
  const { paths, user } = observed.host;
  const { state, startedAt } = agentView(observed, agent.name, agent.restart.policy, supervisor);
  const newest = Math.max(...agent.envFiles.map((file) => paths[expandHome(file, user.home)]?.mtimeMs ?? 0));
  return state === 'running' && startedAt !== undefined && newest > startedAt;
}

/** What a running agent was started with is gone or unfit: it lives on, and a crash or a reboot would end it for good. */
function nextStartFails({ observed, fleet }: PlanInput, blocked: readonly Blocked[]): readonly Condition[] {
  return fleet.agents.flatMap((agent) => {
    // What its new spec asks for keeps that from being installed, and the next start is with the old one.
    if (blocked.some(({ group }) => group === `agent.${agent.name}`)) return [];
    const { state } = agentView(observed, agent.name, agent.restart.policy, fleet.supervisor);
    if (state !== 'running') return [];
    return hostProblems(agent, observed.host).map(({ message, hint }) => ({
      type: 'NextStartFails',
      status: 'True' as const,
      reason: 'HostUnfit',
      message: `${agent.name} runs, but could not be started again: ${message}. ${hint}`,
    }));
  });
}

/** systemd starts no unit that it cannot load, most often for what a person's own settings say; who runs goes on. */
function unitsRefused(input: PlanInput, blocked: readonly Blocked[]): readonly Condition[] {
  return input.fleet.agents.flatMap((agent) => {
    const { unitRefused, state } = viewIn(input, agent);
    const isTold = blocked.some(({ group, reason }) => group === `agent.${agent.name}` && reason === 'unit-refused');
    if (unitRefused === undefined || isTold) return [];
    const where = toCorrect(input.observed, input.fleet, agent.name);
    const can = state === 'running' ? 'runs, but could not be started again' : 'cannot be started';
    const message = `${agent.name} ${can}: systemd refuses its unit (${unitRefused}); correct ${where}, then systemctl --user daemon-reload`;
    return [{ type: 'NextStartFails', status: 'True' as const, reason: 'UnitRefused', message }];
  });
}

const viewIn = ({ observed, fleet }: PlanInput, { name, restart }: Agent): AgentView =>
  agentView(observed, name, restart.policy, fleet.supervisor);

const CONTROLLERS: readonly (readonly [controller: string, field: keyof Agent['limits']])[] = [
  ['memory', 'memoryMax'],
  ['cpu', 'cpuQuota'],
  ['pids', 'tasksMax'],
];

/** systemd accepts a limit whose controller it does not have, and ignores it. */
function limitsNotEnforced({ observed, fleet }: PlanInput): readonly Condition[] {
  const there = observed.facts['controllers'];
  if (fleet.supervisor !== 'systemd' || !Array.isArray(there)) return [];
  return CONTROLLERS.flatMap(([controller, field]) => {
    const limited = fleet.agents.filter(({ limits }) => limits[field] !== undefined);
    if (limited.length === 0 || there.includes(controller)) return [];
    const message = `limits-not-enforced: the user manager has no ${controller} controller, so ${field} has no effect: ${names(limited)}`;
    return [{ type: 'LimitsNotEnforced', status: 'True', reason: 'ControllerMissing', message }];
  });
}

/** Everything goes by the home directory of the first install; a command with another HOME should be told. */
function homeDiffers({ observed }: PlanInput): readonly Condition[] {
  const { callerHome, user } = observed.host;
  if (callerHome === undefined) return [];
  const message = `HOME is ${callerHome}, but the fleet was installed with ${user.home}, which stays in force`;
  return [{ type: 'HomeDiffers', status: 'True', reason: 'Pinned', message }];
}

function otherFleets({ observed }: PlanInput): readonly Condition[] {
  // What has our socket is the first thing that is in the way, and told there.
  return Object.keys(observed.host.otherFleets)
    .filter((name) => name !== ownerOfServer(observed))
    .toSorted(compareText)
    .map((name) => ({
      type: 'OtherFleet',
      status: 'True' as const,
      reason: 'SameHome',
      message: `${heldFleetText(name, observed.host)}: mosaic fleet destroy --fleet ${name}`,
    }));
}

/** A user's own drop-ins beside ours are kept; a user should know that they are in force. */
function overrides(input: PlanInput): readonly Condition[] {
  const { facts } = input.observed;
  const files = listed(facts['overrides']);
  const starts = listed(facts['startOverrides']).filter((file) => !isRefused(file, input));
  const kept = `kept, and in force beside mosaic's own settings: ${files.join(', ')}`;
  const replaced = `ExecStart= in ${starts.join(', ')} is started in the place of what the manifest says, from the next start on; to change that, take the line out, then systemctl --user daemon-reload`;
  return [
    ...(files.length === 0 ? [] : [overrideOf('Override', kept)]),
    ...(starts.length === 0 ? [] : [overrideOf('StartReplaced', replaced)]),
  ];
}

/** Of all who run, nobody is started again by it: systemd refuses the units it is for. */
function isRefused(file: string, input: PlanInput): boolean {
  const views = input.fleet.agents
    .filter((agent) => covers(file, input.fleet, agent.name))
    .map((one) => viewIn(input, one));
  const refused = views.filter(({ unitRefused }) => unitRefused !== undefined);
  return refused.length > 0 && views.every((view) => view.state !== 'running' || refused.includes(view));
}

const overrideOf = (type: string, message: string): Condition => ({
  type,
  status: 'True',
  reason: 'UserDropIn',
  message,
});

/** A snapshot tells of what was there to be looked at; the rest of another manifest is left to the apply. */
function notChecked({ observed: { unchecked = [] } }: PlanInput): readonly Condition[] {
  if (unchecked.length === 0) return [];
  const message = `the snapshot does not tell of ${unchecked.join('; ')}`;
  return [{ type: 'NotChecked', status: 'Unknown', reason: 'NotInSnapshot', message }];
}
