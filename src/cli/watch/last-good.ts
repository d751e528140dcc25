import type { FileReader, FileWriter } from '../../model/host.ts';
import { isFleetName, type FleetName } from '../../model/names.ts';
import { loadText, type LoadedFleet } from '../load-fleet.ts';
import type { TakenManifest } from './manifest.ts';

const pathOf = (home: string, fleet: FleetName): string => `${home}/state/${fleet}/last-good.json`;

/** Keeps the text of a manifest that was taken: with it a watcher that starts beside a broken one knows what is in force. */
export function keepLastGood(writer: FileWriter, home: string, { fleet, path, bytes }: TakenManifest): void {
  const record = { formatVersion: '1.0', manifest: path, base64: Buffer.from(bytes).toString('base64') };
  writer.write(pathOf(home, fleet.name), `${JSON.stringify(record)}\n`, 0o600);
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
  const age = (fleet: FleetName): number => files.stat(pathOf(home, fleet))?.mtimeMs ?? 0;
  for (const fleet of fleets.toSorted((a, b) => age(b) - age(a))) {
    const bytes = bytesOf(files, pathOf(home, fleet), path);
    const loaded = bytes === undefined ? undefined : await loadOrNot({ path, bytes }, home, files);
    if (bytes !== undefined && loaded?.fleet.name === fleet) return { ...loaded, bytes };
  }
  return undefined;
}

/** Torn, changed or unreadable: as good as none. */
function bytesOf(files: FileReader, record: string, manifest: string): Uint8Array | undefined {
  try {
    const value: unknown = JSON.parse(files.read(record) ?? 'null');
    if (!isRecord(value) || value.manifest !== manifest) return undefined;
    return Buffer.from(value.base64, 'base64');
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is { readonly manifest: unknown; readonly base64: string } =>
  typeof value === 'object' &&
  value !== null &&
  'manifest' in value &&
  'base64' in value &&
  typeof value.base64 === 'string';

/** What an older build took, this one may refuse. */
async function loadOrNot(
  text: { readonly path: string; readonly bytes: Uint8Array },
  home: string,
  files: FileReader,
): Promise<LoadedFleet | undefined> {
  try {
    return await loadText(text, home, files);
  } catch {
    return undefined;
  }
}
