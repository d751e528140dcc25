import type { Diagnostic } from '../model/diagnostic.ts';
import type { Fleet } from '../model/fleet.ts';
import type { FileReader, FileWriter } from '../model/host.ts';
import { sha256 } from '../host/digest.ts';

// The build puts a hash of its sources in its place: another build parses anew.
// oxlint-disable-next-line no-underscore-dangle
declare const __MOSAIC_BUILD__: string;

/** A manifest that parsed without an error, and what came of it. */
export interface ParsedText {
  readonly fleet: Fleet;
  readonly warnings: readonly Diagnostic[];
}

/** Names a manifest's bytes under this build. */
export const cacheKey = (bytes: Uint8Array): string =>
  sha256(`${__MOSAIC_BUILD__}\0${Buffer.from(bytes).toString('latin1')}`);

/**
 * What an apply remembered under this key, or undefined. Reading YAML costs more than
 * looking at the machine; deleting the cache changes nothing but the time.
 */
export function recall(files: FileReader, home: string, key: string): ParsedText | undefined {
  for (const fleet of files.list(`${home}/state`) ?? []) {
    const found = readEntry(files, `${home}/state/${fleet}/manifest.json`);
    if (found?.key === key) return { ...found, fleet: { ...found.fleet, tmpdir: found.fleet.tmpdir } };
  }
  return undefined;
}

type Entry = ParsedText & { readonly key: string };

function readEntry(files: FileReader, path: string): Entry | undefined {
  try {
    const value: unknown = JSON.parse(files.read(path) ?? 'null');
    return isEntry(value) ? value : undefined;
  } catch {
    // Torn or unreadable: as good as none, the manifest itself is read instead.
    return undefined;
  }
}

const isEntry = (value: unknown): value is Entry =>
  typeof value === 'object' && value !== null && 'key' in value && 'fleet' in value && 'warnings' in value;

/** Remembers a parsed manifest beside the fleet's state. */
export function remember(writer: FileWriter, home: string, { fleet, warnings, key }: Entry): void {
  writer.write(`${home}/state/${fleet.name}/manifest.json`, JSON.stringify({ key, fleet, warnings }), 0o600);
}
