import { counted } from '../../../model/counted.ts';
import type { Fleet } from '../../../model/fleet.ts';
import { ERRORS, FleetError, isErrorCode } from '../../../model/error.ts';
import { ExecFailure } from '../../../model/host.ts';
import { quoted } from '../../../model/quoted.ts';
import { textOf } from '../../../model/resource.ts';
import { findProgram, SAFE_PATH } from '../../../host/environment.ts';
import { identity } from '../../../host/identity.ts';
import { managerFacts, systemdCall } from '../../../providers/systemd/client.ts';
import { hostProblems } from '../../../reconciler/host-checks.ts';
import { look } from '../../../reconciler/pass.ts';
import { APPLY } from '../../../reconciler/policy.ts';
import { openEngine, openPlace, type Place } from '../../context.ts';
import { loadFleet } from '../../load-fleet.ts';
import { createOutput, type CommonOptions } from '../../options.ts';
import { printable } from '../../view/printable.ts';
import { tmuxHazards } from '../../tmux-hazards.ts';

type Result = 'ok' | 'warn' | 'bad';

interface Check {
  readonly check: string;
  readonly result: Result;
  readonly message: string;
  readonly hint?: string;
}

/** Looks at everything mosaic stands on and names what is not as it should be. 0 unless something is bad (1). */
export async function run(options: CommonOptions): Promise<number> {
  const output = createOutput(options);
  const place = await openPlace(options);
  const manifest = await manifestChecks(options, place);
  const checks = [
    homeCheck(place),
    await tmuxCheck(place),
    ...(await managerChecks(place, manifest.fleet)),
    ...manifest.checks,
    lingerCheck(place),
  ];
  output.text(checks.map(checkText).join('\n'));
  output.data({ formatVersion: '1.0', checks: checks.map((check) => ({ ...check })) });
  return checks.some(({ result }) => result === 'bad') ? 1 : 0;
}

const SIGNS: Readonly<Record<Result, string>> = { ok: 'ok  ', warn: 'warn', bad: 'BAD ' };

const checkText = ({ check, result, message, hint }: Check): string =>
  `${SIGNS[result]}  ${check}: ${printable(message)}${hint === undefined ? '' : `\n      ${printable(hint)}`}`;

function homeCheck({ home, read }: Place): Check {
  const there = read.files.stat(home) !== undefined;
  return {
    check: 'Mosaic home',
    result: 'ok',
    message: there ? `${home}, mode 0700, yours` : `${home}, not there yet`,
  };
}

async function tmuxCheck({ exec }: Place): Promise<Check> {
  const program = findProgram('tmux', SAFE_PATH);
  if (program === undefined)
    return { check: 'tmux', result: 'bad', message: 'not installed', hint: 'apt-get install tmux' };
  const version = await tmuxVersion(exec, program);
  if (version instanceof FleetError)
    return { check: 'tmux', result: 'bad', message: version.message, hint: `Try it: ${quoted(program)} -V` };
  const { supported, hazards } = tmuxHazards(version);
  if (!supported)
    return { check: 'tmux', result: 'bad', message: `${version} is too old`, hint: 'mosaic needs 3.3a or newer' };
  return {
    check: 'tmux',
    result: 'ok',
    message: `${version} at ${program}`,
    ...(hazards.length === 0 ? {} : { hint: hazards.join('; ') }),
  };
}

async function tmuxVersion(exec: Place['exec'], program: string): Promise<string | FleetError> {
  try {
    const { exitCode, stdout, stderr } = await exec([program, '-V'], { timeoutMs: 5_000 });
    const [, version] = /^tmux (\S+)/.exec(stdout) ?? [];
    return version ?? new FleetError('E_TMUX', `${program} -V ends with ${exitCode}: ${stderr.trim() || 'no version'}`);
  } catch (error) {
    if (error instanceof FleetError) return error;
    if (error instanceof ExecFailure) return new FleetError('E_TMUX', `${program} does not run: ${error.message}`);
    throw error;
  }
}

/** Asked even where no manifest can be used: a first fleet stands on it. */
async function managerChecks({ exec }: Place, fleet: Fleet | undefined): Promise<readonly Check[]> {
  const check = 'user manager';
  if (fleet?.supervisor === 'tmux') return [];
  try {
    const { version } = await managerFacts(systemdCall(exec));
    return [{ check, result: 'ok', message: `systemd ${version}` }];
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    return [{ check, result: 'bad', message: error.message, hint: error.hint }];
  }
}

/** The manifest's checks, and the fleet it declares where it can be used. */
interface ManifestChecks {
  readonly checks: readonly Check[];
  readonly fleet?: Fleet;
}

async function manifestChecks(options: CommonOptions, place: Place): Promise<ManifestChecks> {
  try {
    const { fleet, file } = await loadFleet(options, place);
    const manifest: Check = {
      check: 'manifest',
      result: 'ok',
      message: `${file}, ${counted(fleet.agents.length, 'agent')}`,
    };
    return { checks: [manifest, ...(await seenOrWhyNot(() => fleetChecks(fleet, place)))], fleet };
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    const result = error.code === 'E_MANIFEST_MISSING' ? 'warn' : 'bad';
    return { checks: [{ check: 'manifest', result, message: error.message, hint: error.hint }] };
  }
}

/** What the manifest says may be in order where what it is about cannot be looked at. */
async function seenOrWhyNot(check: () => Promise<readonly Check[]>): Promise<readonly Check[]> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    return [{ check: 'fleet', result: 'bad', message: error.message, hint: error.hint }];
  }
}

async function fleetChecks(fleet: Fleet, place: Place): Promise<readonly Check[]> {
  const { observed, plan } = await look(openEngine(place), fleet, APPLY);
  const failed = observed.incomplete
    .filter(({ provider }) => provider !== 'systemd')
    .map(({ provider, error: { code, message } }): Check => ({
      check: provider,
      result: 'bad',
      message,
      ...(isErrorCode(code) ? { hint: ERRORS[code].hint } : {}),
    }));
  const units = textOf(observed.facts['unitDirectory']);
  const directory: Check[] = units === '' ? [] : [{ check: 'units', result: 'ok', message: units }];
  const socket: Check = { check: 'socket', result: 'ok', message: observed.host.socketPath };
  const programs = fleet.agents.flatMap((agent) =>
    hostProblems(agent, observed.host).map(({ message, hint }): Check => ({
      check: `agent ${agent.name}`,
      result: 'warn',
      message,
      hint,
    })),
  );
  // Linger has a check of its own, which also knows of hosts where a plan cannot tell; unfit hosts are named above.
  const conditions = plan.conditions
    .filter(({ type, reason }) => type !== 'Linger' && reason !== 'HostUnfit')
    .map(({ type, message }): Check => ({ check: type, result: 'warn', message }));
  return [...failed, ...directory, socket, ...programs, ...conditions];
}

function lingerCheck({ read }: Place): Check {
  const { user } = identity();
  if (read.files.stat(`/var/lib/systemd/linger/${user}`) !== undefined)
    return { check: 'linger', result: 'ok', message: `on for ${user}` };
  return {
    check: 'linger',
    result: 'warn',
    message: `off for ${user}: agents end at logout and do not start at boot`,
    hint: `loginctl enable-linger ${user}`,
  };
}
