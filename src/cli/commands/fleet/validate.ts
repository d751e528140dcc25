import { counted } from '../../../model/counted.ts';
import { FleetError } from '../../../model/error.ts';
import { readManifestFile } from '../../../host/manifest-file.ts';
import { manifestPath, mosaicHome } from '../../../host/places.ts';
import { identity } from '../../../host/identity.ts';
import type { ParsedManifest } from '../../../manifest/parse.ts';
import type { Strictness } from '../../../manifest/strict.ts';
import { isWarningCode, WARNINGS } from '../../../manifest/warnings.ts';
import { readStandardInput } from '../../load-fleet.ts';
import { createOutput, type CommonOptions, type Output } from '../../options.ts';
import {
  diagnosticsGithub,
  diagnosticsJson,
  diagnosticsLines,
  diagnosticsMarkdown,
  diagnosticsText,
} from '../../view/diagnostics.ts';
import { failureText } from '../../view/failure.ts';

export interface ValidateOptions extends CommonOptions {
  readonly strict?: boolean;
  /** Codes of warnings that count as they do without `strict`. */
  readonly allow?: readonly string[];
}

interface Checked extends ParsedManifest {
  readonly file: string;
}

/** Checks manifests as text alone: needs neither tmux, systemd nor the host the fleet is for. 0 or 65. */
export async function run(files: readonly string[], options: ValidateOptions): Promise<number> {
  const output = createOutput(options);
  const review = strictness(options);
  const { parseFleet } = await import('../../../manifest/parse.ts');
  const { manifests, unread } = await readAll(files.length > 0 ? files : [usualManifest(options)]);
  const [first, ...more] = unread;
  for (const error of more) output.note(failureText(error));
  // JSON is one document: that of the failure.
  if (first !== undefined && (output.json || manifests.length === 0)) throw first;
  const checked = manifests.map(({ file, bytes }) => ({ file, ...parseFleet(bytes, file, review) }));
  const isValid = checked.every(({ fleet }) => fleet !== undefined);
  report(checked, options, output);
  output.data(diagnosticsJson(checked, isValid));
  if (first !== undefined) throw first;
  return isValid ? 0 : 65;
}

interface Read {
  readonly manifests: readonly { readonly file: string; readonly bytes: Uint8Array }[];
  readonly unread: readonly FleetError[];
}

async function readAll(given: readonly string[]): Promise<Read> {
  // Standard input can be read once only, however often it is named.
  const input = given.includes('-') ? await readStandardInput() : new Uint8Array();
  const unread: FleetError[] = [];
  const manifests = given.flatMap((file) => {
    if (file === '-') return [{ file: 'stdin', bytes: input }];
    const bytes = bytesOf(file, unread);
    return bytes === undefined ? [] : [{ file, bytes }];
  });
  return { manifests, unread };
}

/** A file that cannot be read hides no mistake of the others. */
function bytesOf(file: string, unread: FleetError[]): Uint8Array | undefined {
  try {
    return readManifestFile(file).bytes;
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    unread.push(error);
    return undefined;
  }
}

function report(checked: readonly Checked[], { output: format }: ValidateOptions, output: Output): void {
  const all = checked.flatMap(({ diagnostics }) => diagnostics);
  if (format === 'github') output.text(diagnosticsGithub(all).join('\n'));
  else if (format === 'markdown') output.text(diagnosticsMarkdown(checked));
  else for (const one of checked) sayText(one, output);
  // Many a CI shows no annotations, and its log no page.
  if (REVIEWS.has(format)) for (const line of diagnosticsLines(all)) output.note(line);
}

const REVIEWS: ReadonlySet<CommonOptions['output']> = new Set(['github', 'markdown']);

function strictness({ strict, allow = [] }: ValidateOptions): Strictness | undefined {
  const unknown = allow.find((code) => !isWarningCode(code));
  if (unknown !== undefined) {
    const hint = `What can be allowed: ${Object.keys(WARNINGS).join(', ')}`;
    throw new FleetError('E_USAGE', `--allow ${unknown}: there is no such warning`, { hint });
  }
  if (strict === true) return { strict, allow: allow.filter(isWarningCode) };
  if (allow.length === 0) return undefined;
  throw new FleetError('E_USAGE', '--allow is about --strict, which is not given', {
    hint: 'Without --strict no warning fails.',
  });
}

function usualManifest(options: CommonOptions): string {
  const home = mosaicHome({ flag: options.home, env: process.env, userHome: identity().home });
  return manifestPath({ flag: options.manifest, env: process.env, home, cwd: process.cwd() });
}

function sayText({ file, text, diagnostics, fleet }: Checked, output: Output): void {
  if (diagnostics.length > 0) output.note(diagnosticsText(diagnostics, text));
  output.text(fleet === undefined ? `${file}: not valid` : `${file}: valid, ${counted(fleet.agents.length, 'agent')}`);
}
