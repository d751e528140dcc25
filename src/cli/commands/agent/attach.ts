import { FleetError } from '../../../model/error.ts';
import { serverOptions } from '../../../model/fleet.ts';
import { attach, isOnItsWay } from '../../../agent/attach.ts';
import { systemClock } from '../../../host/clock.ts';
import { cleanEnvironment, type Environment } from '../../../host/environment.ts';
import { runOnTerminal } from '../../../host/exec.ts';
import { attachArgv } from '../../../providers/tmux/attach.ts';
import { openPlace } from '../../context.ts';
import { createOutput, type CommonOptions } from '../../options.ts';
import { openTerminal } from '../../presence.ts';
import { printable } from '../../view/printable.ts';

export interface AttachOptions extends CommonOptions {
  readonly readOnly?: boolean;
}

/** Opens an agent on the caller's terminal until the person leaves it. */
export async function run([name = '']: readonly string[], options: AttachOptions): Promise<number> {
  const output = createOutput(options);
  requireTerminal(name);
  const place = await openPlace(options);
  const { fleet, first, find, tmux, prefix, self } = await openTerminal(name, options, { place, output });
  if (self === name) {
    throw new FleetError('E_SELF', `this command runs inside ${name}: it would show itself`, {
      hint: 'Run it from another terminal.',
    });
  }
  const readOnly = options.readOnly === true;
  const env = terminalEnvironment(place.env);
  if (first.pane !== undefined || isOnItsWay(first)) {
    const how = readOnly ? ', read only' : '';
    output.note(`Detach: ${printable(prefix ?? serverOptions(fleet)['prefix'] ?? '')} d${how}`);
    if ((place.env['TMUX'] ?? '') !== '') output.note(NESTED);
  }
  return attach(
    {
      find,
      clock: systemClock,
      open: ({ sessionId, owner }) =>
        runOnTerminal(attachArgv(tmux, { sessionId, owner, readOnly, size: fleet.size }), env),
      note: (line) => output.note(printable(line)),
    },
    first,
  );
}

const NESTED = 'This terminal is inside another tmux: where both have the same prefix, press it twice.';

function requireTerminal(name: string): void {
  if (process.stdin.isTTY && process.stdout.isTTY) return;
  throw new FleetError('E_USAGE', 'attach needs a terminal', { hint: `To read along: mosaic agent tail -f ${name}` });
}

const OF_TERMINAL = ['TERM', 'COLORTERM', 'TERMINFO', 'TERMINFO_DIRS'];

/** Without TMUX: a client that is started inside another tmux would refuse to nest. */
function terminalEnvironment(env: Environment): Record<string, string> {
  const ofTerminal = OF_TERMINAL.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  return { ...cleanEnvironment(env), ...Object.fromEntries(ofTerminal) };
}
