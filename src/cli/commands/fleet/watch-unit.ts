import { FleetError } from '../../../model/error.ts';
import type { Fleet } from '../../../model/fleet.ts';
import { fleetUnits } from '../../../model/names.ts';
import type { HostFacts } from '../../../model/observed.ts';
import { systemdCall, type UnitState } from '../../../providers/systemd/client.ts';
import {
  installWatchUnit,
  removeWatchUnit,
  startWatcher,
  watcherState,
} from '../../../providers/systemd/watch-service.ts';
import type { WatchPlace, WatchUnit } from '../../../providers/systemd/watch-unit.ts';
import { openEngine, openPlace, type Place } from '../../context.ts';
import { saveExecLog } from '../../exec-log.ts';
import { installedServer } from '../../facts.ts';
import { loadFleetOrInstalled } from '../../installed.ts';
import { loadFleet, requireManifestFile } from '../../load-fleet.ts';
import { locked } from '../../locked.ts';
import { createOutput, type CommonOptions, type Output } from '../../options.ts';
import { interruptSignal } from '../../signals.ts';
import { holderText, otherWatcher, watchUnitText } from '../../watcher.ts';

export interface WatchUnitOptions extends CommonOptions {
  readonly auto?: string;
  readonly install?: boolean;
  readonly uninstall?: boolean;
}

/** Makes the watcher of a fleet a unit of its own, or ends and removes that unit. Neither touches an agent. */
export async function run(options: WatchUnitOptions): Promise<number> {
  requireManifestFile(options);
  const output = createOutput(options);
  const place = await openPlace(options);
  const desk = { options, output, place };
  return options.uninstall === true ? uninstall(desk) : install(desk);
}

interface Desk {
  readonly options: WatchUnitOptions;
  readonly output: Output;
  readonly place: Place;
}

async function install(desk: Desk): Promise<number> {
  const { options, output, place } = desk;
  const { fleet, path: manifest } = await loadFleet(options, place);
  refuseUnlessReady(fleet, manifest, place);
  refuseBesideAnother(fleet, place);
  const host = openEngine(place).hostFacts(fleet);
  const watch: WatchPlace = { fleet: fleet.name, host };
  const signal = interruptSignal();
  let auto = '';
  await locked(place, { command: 'fleet watch --install', options, signal }, (port) =>
    installWatchUnit(port, watch, (seen) => {
      auto = autoOf(options, seen);
      return watchUnitText(watch, { manifest, auto, tmuxTmpdir: place.env['TMUX_TMPDIR'] ?? '' });
    }),
  );
  const call = systemdCall(place.exec);
  await startWatcher({ exec: place.exec, files: place.read.files }, fleet.name);
  const state = await watcherState(call, fleet.name);
  saveExecLog(place, fleet.name, (error) => output.note(`warning: ${error.message}`));
  return tellInstalled(desk, host, { fleet, auto, state });
}

/** The watcher runs what an apply has installed, and keeps what a person has seen: neither is there before the first. */
function refuseUnlessReady({ name, supervisor }: Fleet, manifest: string, { read, home }: Place): void {
  if (/[\u0000-\u001f\u007f]/.test(manifest))
    throw new FleetError('E_USAGE', `the path of the manifest holds a control character: ${JSON.stringify(manifest)}`);
  if (supervisor !== 'systemd') {
    const hint = 'Start `mosaic fleet watch` where your agents are started, or set `spec.supervisor: systemd`.';
    throw new FleetError('E_STATE', `fleet ${name} does without systemd, so its watcher cannot be a unit`, { hint });
  }
  if (installedServer(read.files, home, name) !== undefined && read.files.stat(`${home}/bin/mosaic`) !== undefined)
    return;
  const hint = 'Run `mosaic fleet apply` first, or `mosaic fleet install`.';
  throw new FleetError('E_STATE', `fleet ${name} is not installed in ${home}`, { hint });
}

/** The unit would start, find the fleet watched, end and be started again, for as long as the other one runs. */
function refuseBesideAnother({ name }: Fleet, place: Place): void {
  const other = otherWatcher(place, name);
  if (other === undefined) return;
  const hint = `End that one (Ctrl-C where it runs, or kill ${other.pid}), then run this again. No agent notices.`;
  throw new FleetError('E_LOCKED', `fleet ${name} is watched already, by ${holderText(other)}`, { hint });
}

/** Installed anew without a word about it, the watcher goes on as it was told before. */
const autoOf = ({ auto }: WatchUnitOptions, seen: WatchUnit): string =>
  auto ?? (seen.state === 'ours' ? seen.command?.auto : undefined) ?? 'safe';

interface Installed {
  readonly fleet: Fleet;
  readonly auto: string;
  readonly state: UnitState;
}

function tellInstalled({ output }: Desk, { linger, user }: HostFacts, { fleet, auto, state }: Installed): number {
  const unit = fleetUnits(fleet.name).watch;
  const isStarting = state.active === 'activating' && state.sub !== 'auto-restart';
  if (state.active !== 'active' && !isStarting) {
    const hint = `Its own words: journalctl --user -u ${unit} -n 20`;
    throw new FleetError('E_STEP_FAILED', `${unit} is installed and does not run (${state.active}/${state.sub})`, {
      hint,
    });
  }
  const pass = isStarting ? ', and is at its first pass' : '';
  output.text(
    [
      `Fleet ${fleet.name} is watched by ${unit}, --auto ${auto}${pass}.`,
      `How it is: systemctl --user status ${unit}. What it does: journalctl --user -f -u ${unit}`,
    ].join('\n'),
  );
  if (linger === false)
    output.note(`note: it ends when ${user.name} logs out; to change that: loginctl enable-linger ${user.name}`);
  output.data({ formatVersion: '1.0', fleet: fleet.name, unit, installed: true, auto, state: state.active });
  return 0;
}

async function uninstall({ options, output, place }: Desk): Promise<number> {
  const { fleet } = await loadFleetOrInstalled(options, place, output);
  const host = openEngine(place).hostFacts(fleet);
  const signal = interruptSignal();
  const removed = await locked(place, { command: 'fleet watch --uninstall', options, signal }, (port) =>
    removeWatchUnit(port, { fleet: fleet.name, host }),
  );
  saveExecLog(place, fleet.name, (error) => output.note(`warning: ${error.message}`));
  const unit = fleetUnits(fleet.name).watch;
  output.text(
    removed ? `${unit} is gone. Fleet ${fleet.name} runs on as it is.` : `${unit} is not installed; nothing was done.`,
  );
  output.data({ formatVersion: '1.0', fleet: fleet.name, unit, installed: false, removed });
  return 0;
}
