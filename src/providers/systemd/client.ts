import { FleetError } from '../../model/error.ts';
import { ExecFailure, type BusCall, type Exec, type ExecResult, type ReadPort } from '../../model/host.ts';

/** A unit as the manager lists it: loaded units only. */
export interface ListedUnit {
  readonly name: string;
  readonly load: string;
  readonly active: string;
  readonly sub: string;
}

export interface ManagerFacts {
  /** When the manager last read its units, in microseconds since the epoch. */
  readonly unitsLoadedAtUsec: number;
  readonly unitPath: readonly string[];
  readonly version: string;
  /** The manager's own cgroup, below the cgroup file system. */
  readonly controlGroup: string;
}

const MANAGER = ['org.freedesktop.systemd1', '/org/freedesktop/systemd1', 'org.freedesktop.systemd1.Manager'] as const;
const LOOK_MS = 15_000;

/** Runs one systemctl or busctl command line; made by {@link systemdCall}. */
export type Call = (argv: readonly [string, ...string[]], timeoutMs: number) => Promise<ExecResult>;

/** Binds the process door. Failures of the door become coded errors; an exit code is left to the caller. */
export function systemdCall(exec: Exec, signal?: AbortSignal): Call {
  return async (argv, timeoutMs) => {
    try {
      return await exec(argv, { timeoutMs, ...(signal === undefined ? {} : { signal }) });
    } catch (error) {
      throw codedError(argv[0], error);
    }
  };
}

function codedError(program: string, error: unknown): unknown {
  if (!(error instanceof ExecFailure) || error.reason === 'aborted') return error;
  if (error.reason === 'missing')
    return new FleetError('E_NO_SYSTEMD', `${program} is not installed`, { cause: error });
  const code = error.reason === 'timeout' ? 'E_SYSTEMD_TIMEOUT' : 'E_SYSTEMD';
  return new FleetError(code, error.message, { cause: error });
}

/** What the manager says of itself and of loaded units with these names: of the bus directly, else by two `busctl`. */
export async function lookAtManager(
  port: Pick<ReadPort, 'exec' | 'bus'>,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<readonly [ManagerFacts, readonly ListedUnit[]]> {
  const direct = await askBus(port, names, signal);
  if (direct !== undefined) return direct;
  const call = systemdCall(port.exec, signal);
  return Promise.all([managerFacts(call), listUnits(call, names)]);
}

async function askBus({ bus }: Pick<ReadPort, 'bus'>, names: readonly string[], signal?: AbortSignal) {
  try {
    const options = { timeoutMs: LOOK_MS, ...(signal === undefined ? {} : { signal }) };
    const answers = await bus?.([...PROPERTIES.map(getProperty), listCall(names)], options);
    if (answers === undefined) return undefined;
    const [rows] = answers.at(-1) ?? [];
    return [factsOf(answers.slice(0, -1).map(([value]) => value)), unitsOf(rows)] as const;
  } catch (error) {
    throw codedError('user-bus', error);
  }
}

const PROPERTIES = ['UnitsLoadTimestamp', 'UnitsLoadStartTimestamp', 'UnitPath', 'Version', 'ControlGroup'] as const;
const [DESTINATION, PATH, INTERFACE] = MANAGER;

const getProperty = (name: string): BusCall => ({
  destination: DESTINATION,
  path: PATH,
  interface: 'org.freedesktop.DBus.Properties',
  member: 'Get',
  signature: 'ss',
  body: [INTERFACE, name],
});

const listCall = (names: readonly string[]): BusCall => ({
  destination: DESTINATION,
  path: PATH,
  interface: INTERFACE,
  member: 'ListUnitsByPatterns',
  signature: 'asas',
  body: [[], names],
});

/** What the manager says of itself, in one call. */
export async function managerFacts(call: Call): Promise<ManagerFacts> {
  const argv = ['busctl', '--user', '--json=short', 'get-property', ...MANAGER, ...PROPERTIES] as const;
  const { stdout } = await checked(call, argv);
  return factsOf(stdout.trim().split('\n').map(dataOf));
}

function factsOf([reloaded, started, path, version, controlGroup]: readonly unknown[]): ManagerFacts {
  if (typeof reloaded !== 'number' || typeof started !== 'number' || !Array.isArray(path)) throw unreadable();
  return {
    // Until its first reload, a manager has read its units as it started, and the first of the two is 0.
    unitsLoadedAtUsec: Math.max(reloaded, started),
    unitPath: path.map(String),
    version: String(version),
    controlGroup: String(controlGroup),
  };
}

/** Loaded units with these names; a name may hold a glob only behind its own fleet's `@`. */
export async function listUnits(call: Call, names: readonly string[]): Promise<readonly ListedUnit[]> {
  const method = ['call', ...MANAGER, 'ListUnitsByPatterns', 'asas', '0', String(names.length), ...names];
  const { stdout } = await checked(call, ['busctl', '--user', '--json=short', ...method]);
  const data = dataOf(stdout);
  return unitsOf(Array.isArray(data) ? data[0] : undefined);
}

function unitsOf(rows: unknown): readonly ListedUnit[] {
  if (!Array.isArray(rows)) throw unreadable();
  return rows.map(toListedUnit);
}

function toListedUnit(row: unknown): ListedUnit {
  if (!Array.isArray(row)) throw unreadable();
  const [name, , load, active, sub] = row.map(String);
  if (name === undefined || load === undefined || active === undefined || sub === undefined) throw unreadable();
  return { name, load, active, sub };
}

/** What a line of busctl's JSON holds. */
function dataOf(line: string): unknown {
  const value = jsonOf(line);
  return typeof value === 'object' && value !== null && 'data' in value ? value.data : undefined;
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw unreadable();
  }
}

const unreadable = (): FleetError => new FleetError('E_SYSTEMD', 'The user manager gave an answer that cannot be read');

export async function daemonReload(call: Call): Promise<void> {
  await checked(call, ['systemctl', '--user', 'daemon-reload'], 90_000);
}

/** Forgets failures and start counters; a unit the manager does not know is no error. */
export async function resetFailed(call: Call, units: readonly string[]): Promise<void> {
  if (units.length > 0) await call(['systemctl', '--user', 'reset-failed', ...units], LOOK_MS);
}

/** By unit, the id of its last start, empty before the first: the manager gives every start one of its own. */
export async function lastStarts(call: Call, units: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await checked(call, ['systemctl', '--user', 'show', '--property=Id,InvocationID', ...units]);
  const found = new Map(
    [...stdout.matchAll(/^Id=(.+)\nInvocationID=(.*)$/gm)].map(([, unit = '', id = '']) => [unit, id]),
  );
  if (units.some((unit) => !found.has(unit))) throw unreadable();
  return found;
}

/** One unit as the manager knows it. */
export interface UnitState {
  readonly active: string;
  readonly sub: string;
  /** When it became so, in microseconds since the epoch. */
  readonly changedUsec: number;
  /** Of the file it was read from; empty when there was none. */
  readonly path: string;
}

/** The state of a unit, which is loaded for the answer when it is not. Costs a call: for one unit, never for all. */
export async function unitState(call: Call, unit: string): Promise<UnitState> {
  const path = `/org/freedesktop/systemd1/unit/${unit.replaceAll(/[^A-Za-z0-9]/g, escaped)}`;
  const properties = ['ActiveState', 'SubState', 'StateChangeTimestamp', 'FragmentPath'];
  const where = [MANAGER[0], path, `${MANAGER[0]}.Unit`];
  const argv = ['busctl', '--user', '--json=short', 'get-property', ...where, ...properties] as const;
  const { stdout } = await checked(call, argv);
  const [active, sub, changed, file] = stdout.trim().split('\n').map(dataOf);
  if (typeof active !== 'string' || typeof sub !== 'string' || typeof changed !== 'number') throw unreadable();
  return { active, sub, changedUsec: changed, path: typeof file === 'string' ? file : '' };
}

const escaped = (character: string): string => `_${character.charCodeAt(0).toString(16)}`;

/** What many units are told in one call. */
export interface UnitsCall {
  readonly verb: 'start' | 'stop' | 'restart';
  readonly units: readonly string[];
  /** How long the slowest of them may take by its own settings. */
  readonly patienceMs: number;
}

/** Starts, stops or restarts many units in one call and waits for all. The exit code tells whether all went well. */
export const changeUnits = (call: Call, { verb, units, patienceMs }: UnitsCall): Promise<ExecResult> =>
  call(['systemctl', '--user', verb, ...units], patienceMs + 60_000 + 2_000 * units.length);

/** Starts one unit without what it wants or requires: a target that is started plainly starts all its agents. */
export async function startAlone(call: Call, unit: string): Promise<void> {
  await checked(call, ['systemctl', '--user', 'start', '--job-mode=ignore-dependencies', unit]);
}

async function checked(call: Call, argv: readonly [string, ...string[]], timeoutMs = LOOK_MS): Promise<ExecResult> {
  const result = await call(argv, timeoutMs);
  if (result.exitCode !== 0) throw failure(argv, result.stderr.trim());
  return result;
}

const UNREACHABLE =
  /Failed to connect to (user scope )?bus|No medium found|Connection refused|No such file or directory|Failed to set bus address|\$DBUS_SESSION_BUS_ADDRESS/i;

function failure(argv: readonly string[], stderr: string): FleetError {
  if (UNREACHABLE.test(stderr)) {
    return new FleetError('E_NO_USER_MANAGER', `No systemd user manager answers (${stderr.split('\n')[0] ?? ''})`);
  }
  return new FleetError('E_SYSTEMD', `${argv.slice(0, 3).join(' ')} failed: ${stderr}`);
}
