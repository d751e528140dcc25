import { basename } from 'node:path';
import { FleetError, type ErrorCode } from '../../../model/error.ts';
import type { Fleet } from '../../../model/fleet.ts';
import { fleetUnits, isFleetName, type FleetName } from '../../../model/names.ts';
import type { WritePort } from '../../../model/host.ts';
import type { Blocked, Plan } from '../../../model/plan.ts';
import type { HostFacts, Observed } from '../../../model/observed.ts';
import type { Observation } from '../../../model/resource.ts';
import { quoted } from '../../../model/quoted.ts';
import { withoutLinks } from '../../../host/standing-links.ts';
import { removeWatchUnit } from '../../../providers/systemd/watch-service.ts';
import { readWatchUnit } from '../../../providers/systemd/watch-unit.ts';
import { look, type Look } from '../../../reconciler/pass.ts';
import { APPLY, type Policy } from '../../../reconciler/policy.ts';
import { ask } from '../../confirm.ts';
import { openEngine, openPlace, type Place } from '../../context.ts';
import { installedFleet, installedFleets } from '../../installed.ts';
import { loadFleet, requireManifestFile } from '../../load-fleet.ts';
import { mutate, type Mutation } from '../../mutate.ts';
import { createOutput, type CommonOptions, type Output } from '../../options.ts';
import { interruptSignal } from '../../signals.ts';
import { planText, remainderLine } from '../../view/plan-text.ts';
import { destroyJson, isGone, removeRest, restOfFleets, sweep, tellAbsent, tellGone } from './destroy-rest.ts';

export interface DestroyOptions extends CommonOptions {
  readonly fleet?: string;
  readonly includeProtected?: boolean;
  readonly withForeign?: boolean;
}

/** Removes everything of a fleet that carries our marks. The manifest, secrets and anything else in the home stay. */
export async function run(options: DestroyOptions): Promise<number> {
  const output = createOutput(options);
  requireManifestFile(options);
  const place = await openPlace(options);
  const rest = restOfFleets(place, options.fleet);
  if (rest !== undefined) {
    const own = await manifestFleet(options, place);
    // A destroy that was broken off there had removed the socket before.
    if (own !== undefined && (rest.length === 0 || rest.includes(own.name))) await refuseBesideServer(place, own);
    return removeRest(place, rest, { options, output });
  }
  const name = await chooseFleet(options, place);
  if (!isInstalled(place, name)) return tellAbsent(place, name, output);
  const fleet = { ...installedFleet(place.read.files, place.home, name), agents: [] };
  const policy: Policy = {
    ...APPLY,
    allowDelete: Infinity,
    destroy: true,
    includeProtected: options.includeProtected === true,
    withForeign: options.withForeign === true,
  };
  const engine = openEngine(place, interruptSignal());
  const mutation: Mutation = {
    command: 'fleet destroy',
    fleet,
    policy,
    adjust: (seen) => withoutRecord(seen, name),
    confirm: (plan) => confirmDestroy(plan, { fleet, options, output }),
    prepare: async (port) => {
      if (await removeWatcher(port, engine.hostFacts(fleet), name))
        output.note(`done     delete ${fleetUnits(name).watch}`);
    },
    finish: (port, { before }) => sweep({ home: place.home, fleet: name, ended: endedSocket(before), port }),
  };
  const result = await mutate(place, engine, mutation, { options, output });
  if (result.exit === 0) tellGone(place, result.after.plan, output);
  else tellLeft(place, result.after.plan, output);
  return result.exit;
}

function tellLeft(place: Place, left: Plan, output: Output): void {
  output.text(`Left: ${remainderLine(left)}`);
  output.data(destroyJson(place, left, false));
}

/** The fleet that --fleet names, else the manifest's; without a manifest to go by, the only one that is installed. */
async function chooseFleet(options: DestroyOptions, place: Place): Promise<FleetName> {
  const installed = installedFleets(place.read.files, place.home);
  if (installed.length === 0) return absentFleet(options, place);
  const wanted =
    options.fleet ?? (await manifestFleet(options, place))?.name ?? (installed.length === 1 ? installed[0] : undefined);
  if (wanted !== undefined && isFleetName(wanted) && installed.includes(wanted)) return wanted;
  const what =
    wanted === undefined
      ? 'it cannot be told which fleet is meant'
      : `no fleet ${wanted} is installed in ${place.home}`;
  const hint = `Installed here: ${installed.join(', ')}. Name one with --fleet.`;
  throw new FleetError('E_USAGE', what, { hint });
}

/** A fleet whose files somebody took away is not gone: its agents run on. Somebody else's server is no matter of ours. */
async function refuseBesideServer(place: Place, fleet: Fleet): Promise<void> {
  const engine = openEngine(place);
  const { socketPath } = engine.hostFacts(fleet);
  if (place.read.files.stat(socketPath) === undefined) return;
  const server = serverSeen((await look(engine, { ...fleet, agents: [] }, APPLY)).observed, socketPath);
  if (server?.state === 'absent' || (server?.state === 'present' && server.owner !== 'fleet')) return;
  const what =
    server?.state === 'unknown'
      ? `what lives on ${socketPath} could not be seen: ${server.error.message}`
      : `the tmux server of fleet ${fleet.name} lives on ${socketPath}`;
  const hint = `With mosaic fleet apply the fleet is whole again, and can be destroyed. What runs there: tmux -S ${quoted(socketPath)} ls`;
  throw new FleetError('E_STATE', `no fleet is installed in ${place.home}, and ${what}`, { hint });
}

const serverSeen = ({ items }: Observed, socketPath: string): Observation | undefined =>
  items[`server.${basename(socketPath)}`];

/** Where nothing is installed, the fleet of the manifest is as it was asked for already: a destroy can be repeated. */
async function absentFleet(options: DestroyOptions, place: Place): Promise<FleetName> {
  const own = await manifestFleet(options, place);
  const isOther = options.fleet !== undefined && options.fleet !== own?.name;
  if (own !== undefined && !isOther && isGone(place, own.name)) {
    await refuseBesideServer(place, own);
    return own.name;
  }
  const message = `no fleet ${options.fleet === undefined ? '' : `${options.fleet} `}is installed in ${place.home}`;
  const hint = own === undefined || !isOther ? {} : { hint: `The manifest is about fleet ${own.name}.` };
  throw new FleetError('E_USAGE', message, hint);
}

const isInstalled = ({ read, home }: Place, name: FleetName): boolean =>
  installedFleets(read.files, home).includes(name);

async function manifestFleet(options: DestroyOptions, place: Place): Promise<Fleet | undefined> {
  try {
    return (await loadFleet(options, place)).fleet;
  } catch (error) {
    if (error instanceof FleetError && error.exit === 65) return undefined;
    throw error;
  }
}

/** The record of the server goes last of all: from it a destroy that was broken off is taken up again. */
const withoutRecord = (seen: Look, fleet: FleetName): Look => ({
  ...seen,
  plan: { ...seen.plan, changes: seen.plan.changes.filter(({ address }) => address !== `file.fleets/${fleet}/server`) },
});

interface Asking {
  readonly fleet: Fleet;
  readonly options: DestroyOptions;
  readonly output: Output;
}

async function confirmDestroy(plan: Plan, { fleet, options, output }: Asking): Promise<void> {
  refuseDestroy(plan);
  output.note(`Fleet ${fleet.name}:\n${planText(plan, { manifest: '', verbose: false }).trimEnd()}`);
  if (options.yes === true) return;
  const text = `This ends every agent of fleet ${fleet.name} and removes it. Type its name to go on: `;
  await ask({ text, isRight: (answer) => answer === fleet.name, hint: `Type ${fleet.name} to go on.` }, output);
}

const REFUSALS: Partial<Record<Blocked['reason'], ErrorCode>> = {
  protected: 'E_PROTECTED',
  'foreign-sessions': 'E_FOREIGN_SESSIONS',
  self: 'E_SELF',
};

function refuseDestroy(plan: Plan): void {
  for (const { reason, message, hint } of plan.blocked) {
    const code = REFUSALS[reason];
    const way = reason === 'protected' ? 'To end protected agents as well: --include-protected' : hint;
    if (code !== undefined) throw new FleetError(code, message, { hint: way });
  }
}

/** First of all, or it would make again what goes. What is not ours by its name stays: it cannot be this fleet's watcher. */
async function removeWatcher(port: WritePort, host: HostFacts, fleet: FleetName): Promise<boolean> {
  const watch = { fleet, host };
  const isThere = Object.values(host.unitDirs).some(
    (directory) => readWatchUnit(port.files, withoutLinks(port.files, directory), watch).state === 'ours',
  );
  return isThere && removeWatchUnit(port, watch);
}

/** A tmux server that is ended from outside leaves its socket behind; only that of our own is removed, whichever destroy ended it. */
function endedSocket({ observed }: Look): string | undefined {
  const path = observed.host.installedSocketPath ?? observed.host.socketPath;
  const server = serverSeen(observed, path);
  const isOurs = server?.state === 'present' && server.owner === 'fleet';
  const wasOurs = server?.state === 'absent' && observed.host.installedSocketPath !== undefined;
  return isOurs || wasOurs ? path : undefined;
}
