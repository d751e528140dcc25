import type { Fleet } from '../../model/fleet.ts';
import type { FileReader, FileWriter } from '../../model/host.ts';
import { isFleetName, type FleetName } from '../../model/names.ts';
import { loadText, type LoadedFleet } from '../load-fleet.ts';
import type { TakenManifest } from './manifest.ts';

/** Where the last good manifest of a fleet is kept. */
export const lastGoodPath = (home: string, fleet: FleetName): string => `${home}/state/${fleet}/last-good.json`;

/**
 * Keeps the text of a manifest that was taken: with it a watcher that starts beside a broken one knows what is in force.
 * `notify` is who is called, which an exposed manifest does not say.
 */
export function keepLastGood(
  writer: FileWriter,
  home: string,
  { fleet, path, bytes }: TakenManifest,
  notify: Fleet['notify'],
): void {
  const record = { formatVersion: '1.0', manifest: path, base64: Buffer.from(bytes).toString('base64'), notify };
  writer.write(lastGoodPath(home, fleet.name), `${JSON.stringify(record)}\n`, 0o600);
}

/** The manifest that was last taken from this path, parsed by this build; of several fleets the newest. */
export async function recallLastGood(
  files: FileReader,
  home: string,
  path: string,
): Promise<TakenManifest | undefined> {
  const fleets = (files.list(`${home}/state`) ?? [])
    .filter(isFleetName)
    .filter((name) => files.stat(`${home}/state/${name}`)?.kind === 'directory');
  const age = (fleet: FleetName): number => files.stat(lastGoodPath(home, fleet))?.mtimeMs ?? 0;
  for (const fleet of fleets.toSorted((a, b) => age(b) - age(a))) {
    const bytes = bytesOf(files, lastGoodPath(home, fleet), path);
    const loaded = bytes === undefined ? undefined : await loadOrNot({ path, bytes }, home);
    if (bytes !== undefined && loaded?.fleet.name === fleet) return { ...loaded, bytes };
  }
  return undefined;
}

/** Whom a watcher of this fleet last called, by a manifest at this path; nobody, where that cannot be told. */
export function recallNotify(files: FileReader, home: string, fleet: FleetName, manifest: string): Fleet['notify'] {
  const { notify } = recordOf(files, lastGoodPath(home, fleet), manifest) ?? {};
  return Array.isArray(notify) && notify.every((word) => typeof word === 'string') ? notify : [];
}

const bytesOf = (files: FileReader, path: string, manifest: string): Uint8Array | undefined => {
  const base64 = recordOf(files, path, manifest)?.base64;
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64');
};

/** Torn, changed or unreadable: as good as none. */
function recordOf(files: FileReader, path: string, manifest: string): LastGood | undefined {
  try {
    const value: unknown = JSON.parse(files.read(path) ?? 'null');
    return isRecord(value) && value.manifest === manifest ? value : undefined;
  } catch {
    return undefined;
  }
}

interface LastGood {
  readonly manifest: unknown;
  readonly base64: string;
  readonly notify?: unknown;
}

const isRecord = (value: unknown): value is LastGood =>
  typeof value === 'object' &&
  value !== null &&
  'manifest' in value &&
  'base64' in value &&
  typeof value.base64 === 'string';

/** What an older build took, this one may refuse. */
async function loadOrNot(
  text: { readonly path: string; readonly bytes: Uint8Array },
  home: string,
): Promise<LoadedFleet | undefined> {
  try {
    return await loadText(text, home, undefined);
  } catch {
    return undefined;
  }
}
