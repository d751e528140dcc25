import type { Fleet } from '../../model/fleet.ts';
import type { Exec } from '../../model/host.ts';
import { agentUnit, fleetUnits } from '../../model/names.ts';
import { findProgram, SAFE_PATH } from '../../host/environment.ts';
import { analyzeUnits } from '../../providers/systemd/analyze.ts';

/** What became of the check of rendered units. */
export interface UnitCheck {
  readonly result: 'ok' | 'failed' | 'not_checked';
  /** Complaints of systemd-analyze, or why it was not asked; what it could not tell here stands there too. */
  readonly messages: readonly string[];
}

export interface CheckedUnits {
  readonly fleet: Fleet;
  /** The absolute directory that the units were rendered into. */
  readonly directory: string;
  /** True where they are for another host, whose programs need not be here. */
  readonly elsewhere: boolean;
}

const notChecked = (why: string): UnitCheck => ({ result: 'not_checked', messages: [why] });

/** Asks systemd-analyze about rendered units, where there is one. */
export async function checkUnits(exec: Exec, units: CheckedUnits): Promise<UnitCheck> {
  const { fleet, directory, elsewhere } = units;
  if (fleet.supervisor !== 'systemd') return notChecked('no units: the supervisor is tmux');
  const program = findProgram('systemd-analyze', SAFE_PATH);
  if (program === undefined) return notChecked('no systemd-analyze');
  const { server, target } = fleetUnits(fleet.name);
  const names = [server, target, ...fleet.agents.map(({ name }) => agentUnit(fleet.name, name))];
  const analysis = await analyzeUnits(exec, program, {
    paths: names.map((name) => `${directory}/${name}`),
    isOurs: (line) => line.includes(directory) || names.some((name) => line.startsWith(`${name}:`)),
  });
  if ('notChecked' in analysis) return notChecked(analysis.notChecked);
  const isOfThisHost = (line: string): boolean => elsewhere && MISSING_PROGRAM.test(line);
  const complaints = analysis.complaints.filter((line) => !isOfThisHost(line));
  if (complaints.length > 0) return { result: 'failed', messages: complaints };
  const missing = analysis.complaints.flatMap((line) => MISSING_PROGRAM.exec(line)?.[1] ?? []);
  return { result: 'ok', messages: [...new Set(missing)].map((path) => `not checked: ${path} is not on this machine`) };
}

const MISSING_PROGRAM = /: Command (\S+) is not executable: No such file or directory$/;
