import { isatty } from 'node:tty';
import { ignoresHangup, isStdinOfNohup } from '../host/process.ts';

type Ending = 'SIGHUP' | 'SIGINT' | 'SIGTERM';

const CODES: Readonly<Record<Ending, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };
let endings: readonly Ending[] = ['SIGHUP', 'SIGINT', 'SIGTERM'];

let interrupted: Ending | undefined;

/** Exit code of the signal that asked this process to stop, if one did. */
export const interruptedExit = (): number | undefined => (interrupted === undefined ? undefined : CODES[interrupted]);

/** Ends the process by SIGHUP where that asked it to stop: Node aborts at an exit of its own once its terminal is gone. */
export function endByHangup(): void {
  if (interrupted === 'SIGHUP') process.kill(process.pid, 'SIGHUP');
}

/**
 * Ignores SIGHUP where whoever started this had it ignored, as nohup(1) does: Node sets it back to its default before
 * a line of ours runs.
 */
export function keepHangupIgnored(env: NodeJS.ProcessEnv): void {
  if (!wasHangupIgnored(env)) return;
  endings = endings.filter((name) => name !== 'SIGHUP');
  process.on('SIGHUP', () => undefined);
}

/** bash and zsh say in `_` what they start, nohup leaves a stdin that nobody can read, and a parent hands it down. */
const wasHangupIgnored = (env: NodeJS.ProcessEnv): boolean =>
  /(^|\/)nohup$/.test(env['_'] ?? '') || isStdinOfNohup() || ignoresHangup(process.ppid);

/** For a Ctrl-C that arrives as a key: a question on the terminal reads it itself. */
export const noteInterrupt = (): void => void (interrupted ??= 'SIGINT');

/**
 * Aborted by the first SIGINT, SIGTERM or SIGHUP: the command stops before its next step, which is said, unless it is
 * empty. A second one ends it at once.
 */
export function interruptSignal(word = 'stopping before the next step; once more to stop at once\n'): AbortSignal {
  const controller = new AbortController();
  for (const name of endings) {
    process.once(name, () => {
      // With no handler left the second one ends the process as the system does.
      for (const each of endings) process.removeAllListeners(each);
      interrupted = name;
      process.stderr.write(word);
      controller.abort();
    });
  }
  return controller.signal;
}

/** For a command that goes on until it is told to end: TERM is its usual end, INT a person's, HUP asks for a pass at once. */
export function longRunSignals(on: { readonly stop: () => void; readonly again: () => void }): void {
  const hadTerminal = isatty(2);
  const end = (name: Ending): void => {
    // With no handler left the second one ends the process as the system does.
    for (const each of endings) process.removeAllListeners(each);
    if (name !== 'SIGTERM') interrupted = name;
    on.stop();
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => end(name));
  // A terminal that was closed sends the same signal as a person; only then it is no terminal any more.
  process.on('SIGHUP', () => (hadTerminal && !isatty(2) ? end('SIGHUP') : on.again()));
}
