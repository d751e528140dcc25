import type { Diagnostic } from '../../../model/diagnostic.ts';
import { readManifestFile } from '../../../host/manifest-file.ts';
import { manifestPath, mosaicHome } from '../../../host/places.ts';
import { identity } from '../../../host/identity.ts';
import { readStandardInput } from '../../load-fleet.ts';
import { createOutput, type CommonOptions } from '../../options.ts';
import { diagnosticsGithub, diagnosticsJson, diagnosticsMarkdown, diagnosticsText } from '../../view/diagnostics.ts';

export interface ValidateOptions extends CommonOptions {
  readonly strict?: boolean;
}

type ParseFleet = typeof import('../../../manifest/parse.ts').parseFleet;

interface Checked {
  readonly file: string;
  readonly text: string;
  readonly diagnostics: readonly Diagnostic[];
  readonly agents: number;
}

/** Checks manifests as text alone: needs neither tmux, systemd nor the host the fleet is for. 0 or 65. */
export async function run(files: readonly string[], options: ValidateOptions): Promise<number> {
  const output = createOutput(options);
  const { parseFleet } = await import('../../../manifest/parse.ts');
  const given = files.length > 0 ? files : [usualManifest(options)];
  // Standard input can be read once only, however often it is named.
  const input = given.includes('-') ? await readStandardInput() : new Uint8Array();
  const checked = given.map((file) =>
    file === '-' ? check('stdin', input, parseFleet) : check(file, readManifestFile(file).bytes, parseFleet),
  );
  const bad = checked.filter(({ diagnostics }) =>
    diagnostics.some(({ severity }) => severity === 'error' || options.strict === true),
  );
  output.data(diagnosticsJson(checked, bad.length === 0));
  if (options.output === 'github')
    output.text(checked.flatMap(({ diagnostics }) => diagnosticsGithub(diagnostics)).join('\n'));
  else if (options.output === 'markdown') output.text(checked.map(diagnosticsMarkdown).join('\n'));
  else for (const one of checked) sayText(one, { isBad: bad.includes(one), output });
  return bad.length === 0 ? 0 : 65;
}

function usualManifest(options: CommonOptions): string {
  const home = mosaicHome({ flag: options.home, env: process.env, userHome: identity().home });
  return manifestPath({ flag: options.manifest, env: process.env, home, cwd: process.cwd() });
}

function check(file: string, bytes: Uint8Array, parseFleet: ParseFleet): Checked {
  const { fleet, diagnostics, text } = parseFleet(bytes, file);
  return { file, text, diagnostics, agents: fleet?.agents.length ?? 0 };
}

function sayText(
  checked: Checked,
  { isBad, output }: { isBad: boolean; output: ReturnType<typeof createOutput> },
): void {
  if (checked.diagnostics.length > 0) output.note(diagnosticsText(checked.diagnostics, checked.text));
  const agents = `${checked.agents} ${checked.agents === 1 ? 'agent' : 'agents'}`;
  output.text(isBad ? `${checked.file}: not valid` : `${checked.file}: valid, ${agents}`);
}
