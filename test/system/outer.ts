import { join } from 'node:path';
import { eventually } from '../support/harness.ts';
import { sh, type Ended } from '../support/process.ts';
import type { LiveFleet } from './live-fleet.ts';

/** A person's terminal: a shell in a tmux of its own, on a socket beside the fleet's. */
export interface Outer {
  /** Types a line into the shell. */
  type(line: string): Promise<void>;
  /** Presses keys by their names in tmux. */
  press(...keys: readonly string[]): Promise<void>;
  /** What the terminal shows, blank lines left out. */
  screen(): Promise<string>;
  /** Waits until it shows `text`. */
  shows(text: string | RegExp): Promise<string>;
  /** Closes it, as a lost connection does. */
  close(): Promise<void>;
}

/** Opens a terminal of 80 columns and 24 rows, with the fleet's home as the caller's. */
export async function openOuter(live: LiveFleet): Promise<Outer> {
  const socket = join(live.root, 'tmux', 'outer');
  const tmux = async (...args: readonly string[]): Promise<Ended> => {
    const ended = await sh(['tmux', '-u', '-S', socket, '-f', '/dev/null', ...args], { env: places(live) });
    if (ended.exitCode !== 0) throw new Error(`tmux ${args.join(' ')}: ${ended.stderr}`);
    return ended;
  };
  await tmux('new-session', '-d', '-s', 'outer', '-x', '80', '-y', '24', 'bash --norc');
  const screen = async (): Promise<string> =>
    (await tmux('capture-pane', '-p', '-t', '=outer:')).stdout.replaceAll(/\n+/g, '\n');
  const outer: Outer = {
    type: async (line) => {
      await tmux('send-keys', '-t', '=outer:', '-l', line);
      await outer.press('Enter');
    },
    press: async (...keys) => void (await tmux('send-keys', '-t', '=outer:', ...keys)),
    screen,
    close: () => tmux('kill-session', '-t', '=outer').then(() => undefined),
    shows: (text) =>
      eventually(
        async () => {
          const seen = await screen();
          const isThere = typeof text === 'string' ? seen.includes(text) : text.test(seen);
          if (!isThere) throw new Error(`it does not show ${String(text)}:\n${seen}`);
          return seen;
        },
        { timeoutMs: 30_000, everyMs: 100 },
      ),
  };
  return outer;
}

const places = ({ home, tmuxTmpdir }: LiveFleet): Record<string, string> => ({
  MOSAIC_HOME: home,
  TMUX_TMPDIR: tmuxTmpdir,
  TERM: 'xterm-256color',
});
