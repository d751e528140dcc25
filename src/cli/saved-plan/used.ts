import { FleetError } from '../../model/error.ts';
import type { FileReader, FileWriter } from '../../model/host.ts';
import type { SavedPlan } from './document.ts';

/** Which saved plans were applied. Without the file, the fingerprints still keep a plan from running twice. */
const MAX_REMEMBERED = 1000;

interface Use {
  readonly id: string;
  readonly at: string;
}

/** Refuses a saved plan that was applied before, whatever came of it. Call it under the lock. */
export function refuseUsed(files: FileReader, home: string, saved: SavedPlan): void {
  const use = readUses(files, home, saved.fleet).find(({ id }) => id === saved.id);
  if (use !== undefined) throw new FleetError('E_PLAN_USED', `the plan was applied before, at ${use.at}`);
}

/** Durable before the first step: a plan that broke off is used as well. */
export function markUsed(
  { files, writer }: { readonly files: FileReader; readonly writer: FileWriter },
  { home, at }: { readonly home: string; readonly at: string },
  saved: SavedPlan,
): void {
  const uses = [...readUses(files, home, saved.fleet), { id: saved.id, at }].slice(-MAX_REMEMBERED);
  writer.write(pathOf(home, saved.fleet), uses.map((use) => `${use.id} ${use.at}\n`).join(''), 0o600);
}

const pathOf = (home: string, fleet: string): string => `${home}/state/${fleet}/used-plans`;

const readUses = (files: FileReader, home: string, fleet: string): readonly Use[] =>
  (files.read(pathOf(home, fleet)) ?? '').split('\n').flatMap((line) => {
    const [id = '', at = ''] = line.split(' ');
    return /^[0-9a-f]{32}$/.test(id) && at !== '' ? [{ id, at }] : [];
  });
