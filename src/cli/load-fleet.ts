import { basename } from 'node:path';
import type { Diagnostic } from '../model/diagnostic.ts';
import { FleetError } from '../model/error.ts';
import type { Fleet } from '../model/fleet.ts';
import type { FileReader } from '../model/host.ts';
import { readManifestFile } from '../host/manifest-file.ts';
import { manifestPath } from '../host/places.ts';
import type { Place } from './context.ts';
import { cacheKey, recall } from './manifest-cache.ts';
import type { CommonOptions } from './options.ts';

/** A manifest that cannot be used, with everything that is wrong in it. */
export class ManifestError extends FleetError {
  readonly diagnostics: readonly Diagnostic[];
  readonly source: string;

  constructor(message: string, diagnostics: readonly Diagnostic[], source: string) {
    super('E_MANIFEST', message);
    this.diagnostics = diagnostics;
    this.source = source;
  }
}

export interface LoadedFleet {
  readonly fleet: Fleet;
  readonly path: string;
  /** Base name, as plans and messages show it. */
  readonly file: string;
  readonly warnings: readonly Diagnostic[];
  /** Names exactly this text under exactly this build. */
  readonly key: string;
  readonly bytes: Uint8Array;
}

export interface LoadOptions extends CommonOptions {
  /** Read the manifest itself, whatever was remembered of it: a proof rests on nothing else. */
  readonly fresh?: boolean;
}

/** Reads and checks the manifest a command is about. Throws ManifestError with every diagnostic. */
export async function loadFleet(
  options: LoadOptions,
  place: Pick<Place, 'env' | 'home' | 'read'>,
): Promise<LoadedFleet> {
  const path = manifestOf(options, place);
  const files = options.fresh === true ? undefined : place.read.files;
  if (path === '-') return loadText({ path, bytes: await readStandardInput() }, place.home, files);
  return loadText({ path, bytes: readManifestFile(path).bytes }, place.home, files);
}

/** The path of the manifest a command is about; `-` is standard input. */
export const manifestOf = (options: CommonOptions, { env, home }: Pick<Place, 'env' | 'home'>): string =>
  manifestPath({ flag: options.manifest, env, home, cwd: process.cwd() });

/** What changes a fleet needs a manifest that is still there for the next look, and the terminal to ask on. */
export function requireManifestFile({ manifest }: CommonOptions): void {
  if (manifest !== '-') return;
  throw new FleetError('E_USAGE', 'this changes the fleet and does not take the manifest from standard input', {
    hint: 'Save it to a file first; `validate -` and `plan -f -` do read standard input.',
  });
}

/** Checks a manifest that was read. With `files`, what an apply remembered of just this text stands in for parsing it. */
export async function loadText(
  { path, bytes }: { readonly path: string; readonly bytes: Uint8Array },
  home: string,
  files: FileReader | undefined,
): Promise<LoadedFleet> {
  const file = path === '-' ? 'stdin' : basename(path);
  const key = cacheKey(bytes);
  const known = files === undefined ? undefined : recall(files, home, key);
  if (known !== undefined)
    return { fleet: known.fleet, warnings: known.warnings.map((one) => ({ ...one, file })), path, file, key, bytes };
  const { parseFleet } = await import('../manifest/parse.ts');
  const { fleet, diagnostics, text } = parseFleet(bytes, file);
  if (fleet === undefined) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
    throw new ManifestError(`${file} has ${errors} ${errors === 1 ? 'error' : 'errors'}`, diagnostics, text);
  }
  return { fleet, path, file, warnings: diagnostics, key, bytes };
}

const MAX_STDIN_BYTES = 1024 * 1024 + 1;

/** All of standard input, at most one byte more than a manifest may have. */
export async function readStandardInput(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    // oxlint-disable-next-line no-unsafe-type-assertion -- without an encoding a stream gives bytes
    const bytes = chunk as Buffer;
    chunks.push(bytes);
    length += bytes.length;
    if (length > MAX_STDIN_BYTES) break;
  }
  return Buffer.concat(chunks);
}
