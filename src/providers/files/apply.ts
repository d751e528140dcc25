import type { WritePort } from '../../model/host.ts';
import { errorOf, FleetError } from '../../model/error.ts';
import type { Change } from '../../model/plan.ts';
import type { Outcome, Scope } from '../../model/provider.ts';
import type { Observation } from '../../model/resource.ts';
import { backupDirectory, keepBackup } from '../../host/backup.ts';
import { holdPath, pathOf, recordDirectory } from './client.ts';
import { observeFiles } from './observe.ts';

/** Writes and removes files, each checked again for our mark; what was written is durable when all of it is. */
export async function applyFiles(
  port: WritePort,
  changes: readonly Change[],
  scope: Scope,
): Promise<readonly Outcome[]> {
  const { items } = await observeFiles(port, scope);
  const work = (): readonly Outcome[] => changes.map((change) => applyOne(port, change, scope, items[change.address]));
  // A removal has an order that must outlive a power cut.
  return changes.some(({ action }) => action === 'delete') ? work() : port.writer.together(work);
}

function applyOne(port: WritePort, change: Change, scope: Scope, seen: Observation | undefined): Outcome {
  try {
    refuseForeign(change, seen);
    if (change.action === 'delete') removeFile(port, change, scope);
    else writeFile(port, change, scope, seen);
    return { address: change.address, done: true };
  } catch (error) {
    return { address: change.address, done: false, error: errorOf(error) };
  }
}

function refuseForeign({ address }: Change, seen: Observation | undefined): void {
  if (seen?.state === 'unknown') throw new FleetError('E_IO', seen.error.message);
  if (seen?.state !== 'present' || seen.owner === 'fleet') return;
  throw new FleetError('E_STEP_FAILED', `${address} is not ours: ${seen.foreignBecause ?? 'no mark'}`);
}

/** The launch data goes last: while it is there, the next plan still sees an agent that has to go. */
function removeFile(port: WritePort, change: Change, scope: Scope): void {
  const { home } = scope.host;
  if (change.address.startsWith('launch.')) forget(port, change.address.slice('launch.'.length), scope);
  port.writer.remove(pathOf(home, scope.fleet, change.address));
}

/** An agent that is gone leaves neither records nor a hold behind. */
function forget(port: WritePort, agent: string, { host: { home }, fleet }: Scope): void {
  const directory = recordDirectory(home, fleet, agent);
  for (const name of port.files.list(directory) ?? []) port.writer.remove(`${directory}/${name}`);
  port.writer.removeDirectory(directory);
  port.writer.remove(holdPath(home, fleet, agent));
}

function writeFile(port: WritePort, change: Change, { host, fleet }: Scope, seen: Observation | undefined): void {
  const body = change.desired?.body;
  if (body?.kind !== 'text') throw new FleetError('E_INTERNAL', `${change.address} has no text to write`);
  const path = pathOf(host.home, fleet, change.address);
  if (seen?.state === 'present' && seen.handEdited === true) {
    keepBackup(port, path, backupDirectory(host.home, fleet), change.address);
  }
  port.writer.makeDirectory(path.slice(0, path.lastIndexOf('/')), 0o700);
  // Here it is a system call; the helper would start a program for it.
  const agent = change.address.startsWith('launch.') ? change.address.slice('launch.'.length) : undefined;
  if (agent !== undefined) makeRecordDirectory(port, recordDirectory(host.home, fleet, agent));
  port.writer.write(path, body.text, body.mode);
}

/** Also where an earlier helper kept a file about the server, which had the name of an agent. */
function makeRecordDirectory({ files, writer }: WritePort, path: string): void {
  try {
    writer.makeDirectory(path, 0o700);
  } catch (error) {
    if (!(error instanceof FleetError) || error.code !== 'E_NOT_DIR' || files.stat(path)?.kind !== 'file') throw error;
    writer.remove(path);
    writer.makeDirectory(path, 0o700);
  }
}
