import { FleetError } from '../../model/error.ts';
import type { WritePort } from '../../model/host.ts';
import { fleetUnits } from '../../model/names.ts';
import type { Change } from '../../model/plan.ts';
import type { Outcome, Scope } from '../../model/provider.ts';
import { textOf, type Address, type Observation, type ProviderObservation } from '../../model/resource.ts';
import { backupDirectory, keepBackup } from '../../host/backup.ts';
import { changeUnits, daemonReload, resetFailed, startAlone, systemdCall } from './client.ts';
import { dropInOwner, observeUnits, reloadMarkName, unitPathOf } from './observe.ts';
import { done, failed, saidOf, settled, unitOf } from './outcome.ts';
import { stopPatienceMs } from './patience.ts';
import { renderUnit } from './render.ts';
import { START_TIMEOUT_MS } from './spec.ts';
import { restartWitness, startWitness } from './witness.ts';

/** Does the changes of one phase: files with one reload after them, or one start, stop or restart of many units. */
export function applyUnits(port: WritePort, changes: readonly Change[], scope: Scope): Promise<readonly Outcome[]> {
  const isFile = ({ address }: Change): boolean => address.startsWith('unit.') || address.startsWith('link.');
  return changes.every(isFile) ? applyUnitFiles(port, changes, scope) : applyRuns(port, changes, scope);
}

async function applyUnitFiles(port: WritePort, changes: readonly Change[], scope: Scope): Promise<readonly Outcome[]> {
  const { items, facts } = await observeUnits(port, scope);
  const room: Room = { port, scope, items, directory: textOf(facts['unitDirectory']) };
  const refused = changes.map((change) => refusal(change.address, items[change.address]));
  const allowed = changes.filter((_, at) => refused[at] === undefined);
  const written = allowed.length === 0 ? [] : await writeAndReload(room, allowed);
  return changes.map(({ address }, at) => {
    const error = refused[at];
    const outcome = written.find((candidate) => candidate.address === address);
    return outcome ?? failed(address, error ?? new FleetError('E_INTERNAL', `nothing was done about ${address}`));
  });
}

/** What one call works with; `items` is what was there when it began. */
interface Room {
  readonly port: WritePort;
  readonly scope: Scope;
  readonly items: Readonly<Record<Address, Observation>>;
  readonly directory: string;
}

async function writeAndReload(room: Room, changes: readonly Change[]): Promise<readonly Outcome[]> {
  const { port, scope, directory } = room;
  const reloadMark = changes.some(({ action }) => action === 'delete') ? markReload(room) : undefined;
  const work = (change: Change): Outcome => {
    const path = unitPathOf(directory, scope.fleet, change.address);
    try {
      if (path !== reloadMark) writeOne(room, change, path);
      return done(change.address);
    } catch (error) {
      return failed(change.address, error);
    }
  };
  // Durable together, before the manager reads them: what it goes by must be there after a power cut as well.
  const outcomes = port.writer.together(() => changes.map(work));
  try {
    if (reloadMark !== undefined) removeEmptyDirectories(room);
    await daemonReload(systemdCall(port.exec, scope.signal));
    if (reloadMark !== undefined) port.writer.remove(reloadMark);
    return outcomes;
  } catch (error) {
    return outcomes.map((outcome) => (outcome.done ? failed(outcome.address, error) : outcome));
  }
}

/** What is gone has no date: this mark, an empty unit of ours, says that the manager has yet to hear of a removal. */
function markReload({ port: { writer }, scope: { fleet, host }, items, directory }: Room): string {
  const name = reloadMarkName(fleet);
  refuseForeign(`unit.${name}`, items[`unit.${name}`]);
  writer.makeDirectory(directory, 0o755);
  writer.write(`${directory}/${name}`, renderUnit([], fleet, host.home), 0o644);
  return `${directory}/${name}`;
}

function removeEmptyDirectories({ port: { files, writer }, scope: { fleet }, directory }: Room): void {
  const dropIns = (files.list(directory) ?? []).filter((name) => dropInOwner(fleet, name) !== undefined);
  for (const name of [...dropIns, `${fleetUnits(fleet).target}.wants`, 'default.target.wants']) {
    const path = `${directory}/${name}`;
    if (files.stat(path)?.kind === 'directory' && files.list(path)?.length === 0) writer.removeDirectory(path);
  }
}

function refuseForeign(address: Address, seen: Observation | undefined): void {
  const error = refusal(address, seen);
  if (error !== undefined) throw error;
}

/** Why a thing may not be touched: it is not ours, or cannot be seen. */
function refusal(address: Address, seen: Observation | undefined): FleetError | undefined {
  if (seen?.state === 'unknown') return new FleetError('E_IO', seen.error.message);
  if (seen?.state !== 'present' || seen.owner === 'fleet') return undefined;
  return new FleetError('E_STEP_FAILED', `${address} is not ours: ${seen.foreignBecause ?? 'no mark'}`);
}

function writeOne({ port, scope, items }: Room, change: Change, path: string): void {
  const { writer } = port;
  if (change.action === 'delete') return writer.remove(path);
  const body = change.desired?.body;
  if (body === undefined) throw new FleetError('E_INTERNAL', `${change.address} has nothing to write`);
  const seen = items[change.address];
  if (seen?.state === 'present' && seen.handEdited === true) {
    keepBackup(port, path, backupDirectory(scope.host.home, scope.fleet), change.address);
  }
  writer.makeDirectory(path.slice(0, path.lastIndexOf('/')), 0o755);
  if (body.kind === 'link') writer.link(path, body.target);
  else writer.write(path, body.text, body.mode);
}

async function applyRuns(port: WritePort, changes: readonly Change[], scope: Scope): Promise<readonly Outcome[]> {
  const units = fleetUnits(scope.fleet);
  const seen = await observeUnits(port, scope);
  // The names alone would also reach another home's fleet.
  for (const name of [units.server, units.template]) {
    const shared = runRefusalOf(`unit.${name}`, changes[0]?.phase, seen);
    if (shared !== undefined) throw shared;
  }
  const refused = changes.map((change) => runRefusal(change, seen, scope));
  const allowed = changes.filter((_, at) => refused[at] === undefined);
  const changed = allowed.length === 0 ? [] : await changeRuns(port, allowed, { scope, seen });
  return changes.map(({ address }, at) => {
    const outcome = changed.find((candidate) => candidate.address === address);
    return outcome ?? failed(address, refused[at] ?? new FleetError('E_INTERNAL', `nothing was done about ${address}`));
  });
}

/** A unit file with the agent's own unit name is somebody else's. A mask is no more than in the way of a start. */
const runRefusal = ({ address, phase }: Change, seen: ProviderObservation, scope: Scope): FleetError | undefined =>
  address.startsWith('server.') ? undefined : runRefusalOf(`unit.${unitOf(address, scope)}`, phase, seen);

function runRefusalOf(
  unit: Address,
  phase: Change['phase'] | undefined,
  { items }: ProviderObservation,
): FleetError | undefined {
  const seen = items[unit];
  const isMask = seen?.state === 'present' && seen.spec['masked'] === true;
  return isMask && phase === 'stop' ? undefined : refusal(unit, seen);
}

/**
 * The agents first, all of them where the server ends: they may take their time, in which somebody may open a session
 * on the server.
 */
async function stopRuns(port: WritePort, changes: readonly Change[], runs: Runs): Promise<readonly Outcome[]> {
  const { scope, seen } = runs;
  const servers = changes.filter(({ address }) => address.startsWith('server.'));
  const agents = changes.filter((change) => !servers.includes(change));
  const around = servers.length === 0 ? [] : runningUnits(seen, scope);
  const stop = stopping(port, runs);
  const ended = await stop(agents, [...new Set([...agents.map(({ address }) => unitOf(address, scope)), ...around])]);
  const { server, target } = fleetUnits(scope.fleet);
  const gone = await Promise.all(
    servers.map(async (change) => {
      try {
        await scope.lastLook?.(change);
        return await stop([change], [target, server]);
      } catch (error) {
        return [failed(change.address, error)];
      }
    }),
  );
  return [...ended, ...gone.flat()];
}

const stopping =
  (port: WritePort, { scope, seen }: Runs) =>
  async (changes: readonly Change[], units: readonly string[]): Promise<readonly Outcome[]> => {
    if (units.length === 0) return [];
    const call = systemdCall(port.exec, scope.signal);
    const patienceMs = stopPatienceMs(seen, units, scope.fleet);
    const { stderr: said } = await changeUnits(call, { verb: 'stop', units, patienceMs });
    await resetFailed(
      call,
      changes.map(({ address }) => unitOf(address, scope)),
    );
    return settled({ call, clock: port.clock, said }, changes, scope);
  };

/** Of the fleet's agents, in the manifest or not. */
const runningUnits = ({ items }: ProviderObservation, scope: Scope): readonly string[] =>
  Object.entries(items).flatMap(([address, item]) => {
    const runs = address.startsWith('run.') && item.state === 'present' && item.spec['active'] !== 'inactive';
    return runs ? [unitOf(`session.${address.slice('run.'.length)}`, scope)] : [];
  });

/** What a start, stop or restart goes by. */
interface Runs {
  readonly scope: Scope;
  readonly seen: ProviderObservation;
}

async function changeRuns(port: WritePort, changes: readonly Change[], runs: Runs): Promise<readonly Outcome[]> {
  const { scope, seen } = runs;
  const call = systemdCall(port.exec, scope.signal);
  const units = fleetUnits(scope.fleet);
  const phase = changes[0]?.phase;
  const names = changes.map((change) => unitOf(change.address, scope));
  if (phase === 'stop') return stopRuns(port, changes, runs);
  if (phase === 'start' && seen.facts['targetActive'] !== true) await startAlone(call, units.target);
  await resetFailed(call, names);
  // A start that does not come up ends with a stop.
  const patienceMs = START_TIMEOUT_MS + stopPatienceMs(seen, names, scope.fleet);
  const verb = phase === 'restart' ? 'restart' : 'start';
  const witness = await (verb === 'restart' ? restartWitness(call, names) : startWitness(port, names, scope));
  const result = await changeUnits(call, { verb, units: names, patienceMs });
  // Up is no proof of a restart: what systemctl refused to restart may well be up.
  const isYes = result.exitCode === 0;
  const hands = { call, clock: port.clock, said: result.stderr };
  const outcomes = isYes ? changes.map(({ address }) => done(address)) : await settled(hands, changes, scope);
  const wrong = await witness();
  return outcomes.map((outcome, at) => {
    const reason = wrong.get(names[at] ?? '');
    if (reason === undefined) return outcome;
    const message = isYes ? `systemctl says yes, but ${reason}` : `${reason}${saidOf(names, at, result.stderr)}`;
    return failed(outcome.address, new FleetError('E_STEP_FAILED', message));
  });
}
