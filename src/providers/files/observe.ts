import type { FileReader, FileStat, ReadPort } from '../../model/host.ts';
import { lookError } from '../../model/error.ts';
import { isAgentName } from '../../model/names.ts';
import type { Scope } from '../../model/provider.ts';
import type {
  Address,
  Desired,
  JsonObject,
  LookError,
  Observation,
  ProviderObservation,
} from '../../model/resource.ts';
import { sha256, shortHash } from '../../host/digest.ts';
import { octal } from '../../host/octal.ts';
import { fleetDirectory, pathOf, recordDirectory } from './client.ts';
import { launchDocument, parseLaunch } from './launch.ts';
import { parseItems, readMark, type Mark } from './render.ts';

const MAX_BYTES = 4 * 1024 * 1024;

/** Looks at every file the fleet wants, at files of ours nobody wants, and at the records of each agent. */
export function observeFiles(port: ReadPort, scope: Scope): Promise<ProviderObservation> {
  const { files } = port;
  const errors: LookError[] = [];
  const addresses = [...new Set([...wantedAddresses(scope), ...foundAddresses(files, scope, errors)])].toSorted();
  const items: Record<Address, Observation> = {};
  const wanted = new Map(scope.wanted.map((desired) => [desired.address, desired]));
  for (const address of addresses)
    items[address] = observeFile(files, scope, { address, desired: wanted.get(address) });
  const recorded = list(files, `${fleetDirectory(scope.host.home, scope.fleet)}/record`, errors);
  for (const agent of recorded.filter(isAgentName)) {
    const record = observeRecord(files, recordDirectory(scope.host.home, scope.fleet, agent));
    if (record !== undefined) items[`record.${agent}`] = record;
  }
  return Promise.resolve({ items, complete: errors.length === 0, errors, facts: {} });
}

const wantedAddresses = ({ wanted }: Scope): readonly Address[] =>
  wanted.filter(({ provider }) => provider === 'files').map(({ address }) => address);

/** Files that carry our mark in the places where we put files. */
function foundAddresses(files: FileReader, { host, fleet }: Scope, errors: LookError[]): readonly Address[] {
  const launches = list(files, `${fleetDirectory(host.home, fleet)}/launch`, errors).map((name) => `launch.${name}`);
  const scripts = list(files, `${host.home}/libexec`, errors).map((name) => `file.libexec/${name}`);
  const fixed = ['bin/mosaic', `fleets/${fleet}/server`, `fleets/${fleet}/tmux.conf`].map((name) => `file.${name}`);
  return [...fixed, ...launches, ...scripts].filter(
    (address) => !address.includes('/.mosaic-') && !address.startsWith('launch..'),
  );
}

function list(files: FileReader, directory: string, errors: LookError[]): readonly string[] {
  try {
    return files.list(directory) ?? [];
  } catch (error) {
    errors.push(lookError(error));
    return [];
  }
}

interface Wanted {
  readonly address: Address;
  readonly desired: Desired | undefined;
}

function observeFile(files: FileReader, scope: Scope, { address, desired }: Wanted): Observation {
  const path = pathOf(scope.host.home, scope.fleet, address);
  try {
    const stat = files.stat(path);
    if (stat === undefined) return { state: 'absent' };
    const odd = oddity(stat, scope.host.user.uid);
    if (odd !== undefined) return foreign(odd, `${stat.inode}`);
    const text = files.read(path, MAX_BYTES, stat);
    if (text === undefined) return { state: 'absent' };
    return asWanted(text, stat, desired) ?? observeText(address, text, stat, scope);
  } catch (error) {
    return { state: 'unknown', error: lookError(error) };
  }
}

/** Exactly the text that is wanted is ours and needs no reading; the first item of launch data holds a hash of the rest. */
function asWanted(text: string, stat: FileStat, desired: Desired | undefined): Observation | undefined {
  if (desired?.body?.kind !== 'text' || desired.body.text !== text) return undefined;
  const mode = octal(stat.mode);
  const isLaunch = desired.address.startsWith('launch.');
  return {
    state: 'present',
    owner: 'fleet',
    spec: desired.spec['mode'] === mode ? desired.spec : { ...desired.spec, mode },
    fingerprint: isLaunch ? launchFingerprint(text, stat) : fingerprintOf(text, stat),
  };
}

const fingerprintOf = (text: string, { mode }: FileStat): string => `${shortHash(text)} ${octal(mode)}`;

/** Of launch data whose first item tells the truth. Whatever is wanted, the same file has the same fingerprint. */
const launchFingerprint = (text: string, { mode }: FileStat): string =>
  `${text.slice(0, text.indexOf('\0'))} ${octal(mode)}`;

function oddity(stat: FileStat, uid: number): string | undefined {
  if (stat.kind !== 'file') return `it is a ${stat.kind}, not a file`;
  return stat.uid === uid ? undefined : `it belongs to uid ${stat.uid}`;
}

const foreign = (foreignBecause: string, fingerprint: string): Observation => ({
  state: 'present',
  owner: 'foreign',
  spec: {},
  fingerprint,
  foreignBecause,
});

function observeText(address: Address, text: string, stat: FileStat, scope: Scope): Observation {
  const isLaunch = address.startsWith('launch.');
  const { mark, spec } = isLaunch ? readLaunch(text, stat) : readText(text, stat);
  const isWhole = isLaunch && mark?.handEdited === false;
  const fingerprint = isWhole ? launchFingerprint(text, stat) : fingerprintOf(text, stat);
  const owner = isLaunch ? `${scope.fleet}/${address.slice('launch.'.length)}` : undefined;
  if (mark === undefined) return foreign('it has no mark of mosaic', fingerprint);
  if (![owner, 'home', scope.fleet].includes(mark.owner)) return foreign(`it belongs to ${mark.owner}`, fingerprint);
  return { state: 'present', owner: 'fleet', spec, fingerprint, ...(mark.handEdited ? { handEdited: true } : {}) };
}

interface Read {
  readonly mark: Mark | undefined;
  readonly spec: JsonObject;
}

/** The helper reads more than we compare: an edit that changes no field we know is a difference all the same. */
function readLaunch(text: string, stat: FileStat): Read {
  const found = parseLaunch(text);
  if (found === undefined) return { mark: undefined, spec: {} };
  const edited: JsonObject = found.mark.handEdited ? { edited: true } : {};
  return { mark: found.mark, spec: { ...launchDocument(found.launch, octal(stat.mode)), ...edited } };
}

const readText = (text: string, stat: FileStat): Read => ({
  mark: readMark(text) ?? parseItems('server', text),
  spec: { sha256: sha256(text), mode: octal(stat.mode) },
});

function isFile(files: FileReader, path: string): boolean {
  try {
    return files.stat(path)?.kind === 'file';
  } catch {
    return false;
  }
}

/** The helper's records of one agent: when it started, how it ended, and why it could not be started. */
function observeRecord(files: FileReader, directory: string): Observation | undefined {
  try {
    const starts = records(files.read(`${directory}/starts`, MAX_BYTES));
    const exit = records(files.read(`${directory}/exit`, MAX_BYTES));
    const fault = files.read(`${directory}/fault`, MAX_BYTES)?.trim();
    const spec: JsonObject = Object.assign(
      startFacts(starts),
      endFacts(exit),
      fault === undefined ? {} : { fault },
      gaveUp(files, directory, { starts, exit }),
    );
    return { state: 'present', owner: 'fleet', spec, fingerprint: JSON.stringify(spec) };
  } catch (error) {
    // A file there is no record: an earlier helper kept one about the server.
    if (isFile(files, directory)) return undefined;
    return { state: 'unknown', error: lookError(error) };
  }
}

type Lines = Readonly<Record<string, string>>;

const startFacts = (starts: Lines): JsonObject => ({
  ...number('starts', starts['count']),
  ...number('startedAt', starts['at']),
  ...(starts['because'] === 'resume-failed' ? { resumeFailed: true } : {}),
  ...(starts['spec'] === undefined ? {} : { startedSpec: starts['spec'] }),
});

const endFacts = (exit: Lines): JsonObject => ({
  ...number('code', exit['code']),
  ...number('endedAt', exit['at']),
  ...(exit['signal'] === undefined ? {} : { signal: exit['signal'] }),
  ...(exit['asked'] === undefined ? {} : { asked: exit['asked'] }),
  ...(exit['lost'] === 'session' ? { sessionLost: true } : {}),
});

interface Ends {
  readonly starts: Lines;
  readonly exit: Lines;
}

/** The run after which the watcher gave it up. Of an agent that runs, or was asked to end, nobody wants to know. */
function gaveUp(files: FileReader, directory: string, { starts, exit }: Ends): JsonObject {
  const isDown = exit['asked'] === 'none' && Number(exit['at']) >= Number(starts['at'] ?? 0);
  return isDown ? number('gaveUp', records(files.read(`${directory}/gave-up`, MAX_BYTES))['at']) : {};
}

function records(text: string | undefined): Lines {
  const lines = (text ?? '').split('\n').filter((line) => line.includes('='));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

const number = (key: string, value: string | undefined): JsonObject =>
  value === undefined || !/^\d+$/.test(value) ? {} : { [key]: Number(value) };
