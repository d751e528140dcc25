import { FleetError, type ErrorCode } from '../../../model/error.ts';
import type { Fleet } from '../../../model/fleet.ts';
import { fleetUnits, isFleetName, type FleetName } from '../../../model/names.ts';
import type { FileReader, FileWriter, WritePort } from '../../../model/host.ts';
import type { Blocked, Plan } from '../../../model/plan.ts';
import type { HostFacts } from '../../../model/observed.ts';
import { withoutLinks } from '../../../host/standing-links.ts';
import { removeWatchUnit } from '../../../providers/systemd/watch-service.ts';
import { readWatchUnit } from '../../../providers/systemd/watch-unit.ts';
import { fleetDirectory } from '../../../providers/files/client.ts';
import type { Look } from '../../../reconciler/pass.ts';
import { APPLY, type Policy } from '../../../reconciler/policy.ts';
import { ask } from '../../confirm.ts';
import { openEngine, openPlace, type Place } from '../../context.ts';
import { installedFleet, installedFleets } from '../../installed.ts';
import { loadFleet, requireManifestFile } from '../../load-fleet.ts';
import { lockPath } from '../../locked.ts';
import { mutate, type Mutation } from '../../mutate.ts';
import { createOutput, type CommonOptions, type Output } from '../../options.ts';
import { fileWriter } from '../../ports.ts';
import { interruptSignal } from '../../signals.ts';
import { planText, remainderLine } from '../../view/plan-text.ts';
import { planJson } from '../../view/plan-json.ts';

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
  const name = await chooseFleet(options, place);
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
    adjust: (look) => withoutRecord(look, name),
    confirm: (plan) => confirmDestroy(plan, { fleet, options, output }),
    prepare: async (port) => {
      if (await removeWatcher(port, engine.hostFacts(fleet), name))
        output.note(`done     delete ${fleetUnits(name).watch}`);
    },
    finish: (port, { before }) => sweep({ home: place.home, fleet: name, ended: endedSocket(before), port }),
  };
  const result = await mutate(place, engine, mutation, { options, output });
  const stays = (place.read.files.list(place.home) ?? []).map((entry) => `${place.home}/${entry}`);
  output.text(
    result.exit === 0
      ? `Fleet ${name} is gone. ${stays.length === 0 ? 'Nothing stays.' : `What stays: ${stays.join(', ')}`}`
      : `Left: ${remainderLine(result.after.plan)}`,
  );
  output.data({
    formatVersion: '1.0',
    fleet: name,
    destroyed: result.exit === 0,
    stays,
    left: planJson(result.after.plan),
  });
  return result.exit;
}

/** The fleet that --fleet names, else the manifest's; without a manifest to go by, the only one that is installed. */
async function chooseFleet(options: DestroyOptions, place: Place): Promise<FleetName> {
  const installed = installedFleets(place.read.files, place.home);
  if (installed.length === 0) throw new FleetError('E_USAGE', `no fleet is installed in ${place.home}`);
  const wanted =
    options.fleet ?? (await manifestFleet(options, place)) ?? (installed.length === 1 ? installed[0] : undefined);
  if (wanted !== undefined && isFleetName(wanted) && installed.includes(wanted)) return wanted;
  const what =
    wanted === undefined
      ? 'it cannot be told which fleet is meant'
      : `no fleet ${wanted} is installed in ${place.home}`;
  const hint = `Installed here: ${installed.join(', ')}. Name one with --fleet.`;
  throw new FleetError('E_USAGE', what, { hint });
}

async function manifestFleet(options: DestroyOptions, place: Place): Promise<FleetName | undefined> {
  try {
    return (await loadFleet(options, place)).fleet.name;
  } catch (error) {
    if (error instanceof FleetError && error.exit === 65) return undefined;
    throw error;
  }
}

/** The record of the server goes last of all: from it a destroy that was broken off is taken up again. */
const withoutRecord = (look: Look, fleet: FleetName): Look => ({
  ...look,
  plan: { ...look.plan, changes: look.plan.changes.filter(({ address }) => address !== `file.fleets/${fleet}/server`) },
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

/** A tmux server that is ended from outside leaves its socket behind; only our own server's is removed. */
function endedSocket({ observed }: Look): string | undefined {
  const path = observed.host.installedSocketPath ?? observed.host.socketPath;
  const server = observed.items[`server.${path.split('/').at(-1) ?? ''}`];
  return server?.state === 'present' && server.owner === 'fleet' ? path : undefined;
}

interface Swept {
  readonly home: string;
  readonly fleet: FleetName;
  /** Socket of the server that this destroy has ended. */
  readonly ended: string | undefined;
  readonly port: WritePort;
}

/** Records, holds and state go last: nothing reads them any more. Only below the fleet's own directories. */
function sweep({ home, fleet, ended, port }: Swept): void {
  const { files, writer } = port;
  if (ended !== undefined && files.stat(ended)?.kind === 'socket') writer.remove(ended);
  const own = fleetDirectory(home, fleet);
  // What still lies beside these carries no mark of ours, and stays.
  for (const tree of [`${own}/holds`, `${own}/record`, `${home}/state/${fleet}`]) removeTree(tree, files, writer);
  writer.remove(`${own}/server`);
  for (const directory of [`${own}/launch`, own]) writer.removeDirectory(directory);
  if (installedFleets(files, home).length > 0) return;
  for (const name of ['fleets', 'libexec', 'bin']) writer.removeDirectory(`${home}/${name}`);
  // The lock is ours until its file is gone, so it goes as the very last thing.
  const last = fileWriter();
  last.remove(lockPath(home));
  last.removeDirectory(`${home}/state`);
}

function removeTree(path: string, files: FileReader, writer: FileWriter): void {
  if (files.stat(path)?.kind !== 'directory') {
    writer.remove(path);
    return;
  }
  for (const name of files.list(path) ?? []) removeTree(`${path}/${name}`, files, writer);
  writer.removeDirectory(path);
}
