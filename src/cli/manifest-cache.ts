import type { Diagnostic } from '../model/diagnostic.ts';
import { FleetError } from '../model/error.ts';
import type { Fleet } from '../model/fleet.ts';
import type { FileReader, FileWriter } from '../model/host.ts';
import type { FleetName } from '../model/names.ts';
import { sha256 } from '../host/digest.ts';
import { thisBuild } from './build.ts';

/** A manifest that parsed without an error, and what came of it. */
export interface ParsedText {
  readonly fleet: Fleet;
  readonly warnings: readonly Diagnostic[];
}

/** Names a manifest's bytes under this build: another one parses anew. */
export const cacheKey = (bytes: Uint8Array): string =>
  sha256(`${thisBuild().build}\0${Buffer.from(bytes).toString('latin1')}`);

/**
 * What an apply remembered under this key, or undefined. Reading YAML costs more than looking at the machine; deleting
 * the cache costs time, and {@link recallApplied} its answer until the next apply.
 */
export function recall(files: FileReader, home: string, key: string): ParsedText | undefined {
  for (const fleet of files.list(`${home}/state`) ?? []) {
    const found = readEntry(files, `${home}/state/${fleet}/manifest.json`);
    if (found?.key === key) return { ...found, fleet: { ...found.fleet, tmpdir: found.fleet.tmpdir } };
  }
  return undefined;
}

/**
 * The manifest of this fleet as this very build last applied it, for where the file itself is not at hand. Another
 * build may have described a fleet in other words.
 */
export function recallApplied(files: FileReader, home: string, name: FleetName): Fleet | undefined {
  const found = readEntry(files, `${home}/state/${name}/manifest.json`);
  if (found?.build !== thisBuild().build || found.fleet.name !== name) return undefined;
  return { ...found.fleet, tmpdir: found.fleet.tmpdir };
}

type Parsed = ParsedText & { readonly key: string };
type Entry = Parsed & { readonly build?: string };

/** Its sum, a line of its own, and the entry. One that somebody changed is no entry. */
const withSum = (entry: string): string => `${sha256(entry)}\n${entry}`;

function readEntry(files: FileReader, path: string): Entry | undefined {
  try {
    const text = files.read(path) ?? '';
    const entry = text.slice(text.indexOf('\n') + 1);
    const value: unknown = withSum(entry) === text ? JSON.parse(entry) : undefined;
    return isEntry(value) ? value : undefined;
  } catch {
    // Torn or unreadable: as good as none, the manifest itself is read instead.
    return undefined;
  }
}

const isEntry = (value: unknown): value is Entry =>
  typeof value === 'object' && value !== null && ['key', 'fleet', 'warnings'].every((field) => field in value);

/** Remembers a parsed manifest beside the fleet's state, if that can be written: it saves time and nothing else. */
export function remember(writer: FileWriter, home: string, { fleet, warnings, key }: Parsed): void {
  const entry: Entry = { key, build: thisBuild().build, fleet, warnings };
  try {
    writer.write(`${home}/state/${fleet.name}/manifest.json`, withSum(JSON.stringify(entry)), 0o600);
  } catch (error) {
    if (!(error instanceof FleetError) || error.code === 'E_LOCKED') throw error;
  }
}
