import { expandHome } from '../../model/fleet.ts';
import { ExecFailure } from '../../model/host.ts';
import { cleanEnvironment, SAFE_PATH } from '../../host/environment.ts';
import { createExec } from '../../host/exec.ts';
import type { Call } from '../../reconciler/watch/attention.ts';
import type { Place } from '../context.ts';

const TIMEOUT_MS = 10_000;

/**
 * Runs `spec.notify` with the agent, the reason and a line of text behind its own arguments, never through a shell.
 * Resolves to what went wrong, if anything did. The call is in no log of calls: its arguments may hold a token.
 */
export async function callPerson(
  notify: readonly string[],
  call: Call,
  { env, identity }: Pick<Place, 'env' | 'identity'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const [program, ...args] = notify;
  if (program === undefined) return undefined;
  const exec = createExec({ env: cleanEnvironment(env), path: [`${identity.home}/.local/bin`, ...SAFE_PATH] });
  const argv = [expandHome(program, identity.home), ...args, call.agent, call.reason, call.text] as const;
  try {
    const { exitCode, stderr } = await exec([...argv], { timeoutMs: TIMEOUT_MS, signal });
    return exitCode === 0 ? undefined : `notify: ${program} ended with ${exitCode}: ${stderr.trim().slice(0, 500)}`;
  } catch (error) {
    if (!(error instanceof ExecFailure)) throw error;
    return signal.aborted ? undefined : `notify: ${error.message}`;
  }
}
