import { resolve } from 'node:path';
import { counted } from '../../../model/counted.ts';
import { FleetError } from '../../../model/error.ts';
import type { Fleet } from '../../../model/fleet.ts';
import type { Exec, FileReader } from '../../../model/host.ts';
import type { HostFacts } from '../../../model/observed.ts';
import { textOf, type Desired, type JsonObject } from '../../../model/resource.ts';
import { createExec } from '../../../host/exec.ts';
import { octal } from '../../../host/octal.ts';
import { withoutLinks } from '../../../host/standing-links.ts';
import { managerFacts, systemdCall } from '../../../providers/systemd/client.ts';
import { unitDirectory } from '../../../providers/systemd/observe.ts';
import { wantedOf } from '../../../reconciler/pass.ts';
import { APPLY } from '../../../reconciler/policy.ts';
import { openEngine, openPlace } from '../../context.ts';
import { loadFleet, type LoadedFleet } from '../../load-fleet.ts';
import { createOutput, type CommonOptions, type Output } from '../../options.ts';
import { readPort } from '../../ports.ts';
import { fileWriter } from '../../write-port.ts';
import { checkUnits, type UnitCheck } from '../../render/check.ts';
import { renderedFiles, type RenderedFile } from '../../render/files.ts';
import { recallSnapshot } from '../../snapshot/recall.ts';
import { printable } from '../../view/printable.ts';
import { noteWarnings } from '../../view/warnings.ts';

export interface RenderOptions extends CommonOptions {
  readonly out: string;
  /** A snapshot whose host stands in for this one. */
  readonly observed?: string;
}

/** What is wanted, on which host, and the hands to check it with. */
interface Wanted {
  readonly loaded: LoadedFleet;
  readonly desired: readonly Desired[];
  readonly home: string;
  readonly unitDirectory: string;
  readonly exec: Exec;
}

/**
 * Writes everything that an apply would put into files into a directory of its own, with secrets hidden, and has
 * systemd-analyze check the units. 0, or 1 when it complains. Changes nothing outside that directory.
 */
export async function run(options: RenderOptions): Promise<number> {
  const output = createOutput(options);
  const { files: reader } = readPort(createExec());
  const directory = withoutLinks(reader, resolve(options.out));
  refuseFull(reader, directory, options.out);
  const wanted = await (options.observed === undefined ? wantedHere(options) : wantedThere(options));
  const { fleet } = wanted.loaded;
  noteWarnings(wanted.loaded, output);
  const files = renderedFiles(wanted.desired, { ...wanted, fleet: fleet.name });
  write(directory, files);
  const elsewhere = options.observed !== undefined;
  const check = await checkUnits(wanted.exec, { fleet, directory: `${directory}/units`, elsewhere });
  say({ directory: options.out, files, check, wanted }, output);
  output.data(renderJson(fleet, { directory, files, check }));
  return check.result === 'failed' ? 1 : 0;
}

async function wantedHere(options: RenderOptions): Promise<Wanted> {
  const place = await openPlace(options);
  const loaded = await loadFleet(options, place);
  const { providers, hostFacts } = openEngine(place);
  const host = hostFacts(loaded.fleet);
  return {
    loaded,
    desired: wantedOf(providers, loaded.fleet, host),
    home: host.home,
    unitDirectory: await askedUnitDirectory(place.exec, loaded.fleet, host),
    exec: place.exec,
  };
}

/** Where no manager answers, nothing would be installed either: the usual directory is named. */
async function askedUnitDirectory(exec: Exec, { supervisor }: Fleet, host: HostFacts): Promise<string> {
  if (supervisor !== 'systemd') return host.unitDirs.fallback;
  try {
    return unitDirectory(host, await managerFacts(systemdCall(exec)));
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    return host.unitDirs.fallback;
  }
}

async function wantedThere(options: RenderOptions): Promise<Wanted> {
  const { loaded, seen } = await recallSnapshot(options.observed ?? '', options, () => APPLY);
  const { host, facts } = seen.observed;
  const seenDirectory = textOf(facts['unitDirectory']);
  return {
    loaded,
    desired: seen.desired,
    home: host.home,
    unitDirectory: seenDirectory === '' ? host.unitDirs.fallback : seenDirectory,
    exec: createExec(),
  };
}

/** What lies there already would be taken for rendered, or be lost. */
function refuseFull(files: FileReader, directory: string, named: string): void {
  const kind = files.stat(directory)?.kind;
  if (kind === undefined) return;
  const hint = 'Name a directory that is empty or not there yet.';
  if (kind !== 'directory') throw new FleetError('E_EXISTS', `${named} is there and is no directory`, { hint });
  if ((files.list(directory) ?? []).length === 0) return;
  throw new FleetError('E_EXISTS', `${named} is not empty and was left alone`, { hint });
}

function write(directory: string, files: readonly RenderedFile[]): void {
  const writer = fileWriter();
  writer.together(() => {
    for (const { path, body } of files) {
      const place = `${directory}/${path}`;
      writer.makeDirectory(place.slice(0, place.lastIndexOf('/')), 0o700);
      if (body.kind === 'text') writer.write(place, body.text, body.mode);
      else writer.link(place, body.target);
    }
  });
}

interface Rendered {
  readonly directory: string;
  readonly files: readonly RenderedFile[];
  readonly check: UnitCheck;
}

function say({ directory, files, check, wanted }: Rendered & { readonly wanted: Wanted }, output: Output): void {
  const links = files.filter(({ body }) => body.kind === 'link').length;
  const hidden = files.filter((file) => file.hidden).length;
  const units = files.some(({ path }) => path.startsWith('units/'));
  output.text(
    [
      `Wrote ${counted(files.length - links, 'file')} and ${counted(links, 'link')} into ${printable(directory)}`,
      ...(units ? [`  units/  would be ${printable(wanted.unitDirectory)}`] : []),
      `  home/   would be ${printable(wanted.home)}`,
      ...(hidden > 0 ? [`Secrets are (hidden) in ${counted(hidden, 'file')}.`] : []),
      `Units: ${CHECKED[check.result]}${check.result === 'not_checked' ? `: ${check.messages.map(printable).join('')}` : ''}`,
    ].join('\n'),
  );
  if (check.result !== 'not_checked') for (const line of check.messages) output.note(printable(line));
}

const CHECKED: Readonly<Record<UnitCheck['result'], string>> = {
  ok: 'systemd-analyze has nothing against them',
  failed: 'systemd-analyze complains',
  not_checked: 'not checked',
};

const renderJson = ({ name }: Fleet, { directory, files, check }: Rendered): JsonObject => ({
  formatVersion: '1.0',
  fleet: name,
  directory,
  files: files.map(({ path, installedAs, address, body, hidden }) => ({
    path,
    installedAs,
    address,
    ...(body.kind === 'link'
      ? { kind: 'link', target: body.target }
      : { kind: 'file', mode: octal(body.mode), hidden }),
  })),
  check: { result: check.result, messages: check.messages },
});
