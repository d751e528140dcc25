import { FleetError } from '../../model/error.ts';
import type { Exec } from '../../model/host.ts';
import { systemdCall } from './client.ts';

const LOOK_MS = 60_000;

/** What systemd-analyze makes of units: its complaints, none of them when all is well, or why it could not tell. */
export type Analysis = { readonly complaints: readonly string[] } | { readonly notChecked: string };

/**
 * Has `systemd-analyze` read units where they lie, with drop-ins and links beside them. It asks no manager. An unknown key
 * is only a message of it and no failure (systemd-analyze(1)), so whatever it says of these units counts; what it says
 * of others, which belong to the system, does not.
 */
export async function analyzeUnits(
  exec: Exec,
  program: string,
  units: { readonly paths: readonly string[]; readonly isOurs: (line: string) => boolean },
): Promise<Analysis> {
  const argv = [program, '--user', '--man=no', 'verify', ...units.paths] as const;
  try {
    const { exitCode, stderr } = await systemdCall(exec)(argv, LOOK_MS);
    const lines = stderr.split('\n').filter((line) => line.trim() !== '');
    const complaints = lines.filter(units.isOurs);
    if (exitCode === 0 || complaints.length > 0) return { complaints };
    return { notChecked: `systemd-analyze could not look: ${lines[0] ?? `it ended with ${exitCode}`}` };
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    return { notChecked: `systemd-analyze could not look: ${error.message}` };
  }
}
