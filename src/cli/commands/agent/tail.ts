import { once } from 'node:events';
import { FleetError } from '../../../model/error.ts';
import { isAgentName } from '../../../model/names.ts';
import { tail, type SavedScreen } from '../../../agent/tail.ts';
import type { Row } from '../../../agent/scroll.ts';
import { systemClock } from '../../../host/clock.ts';
import { isReaderGone } from '../../../host/reader.ts';
import { recordDirectory } from '../../../providers/files/client.ts';
import { openPlace, type Place } from '../../context.ts';
import { createOutput, takesColor, type CommonOptions } from '../../options.ts';
import { openTerminal, type Terminal } from '../../presence.ts';
import { printable } from '../../view/printable.ts';

export interface TailOptions extends CommonOptions {
  readonly lines: string;
  readonly follow?: boolean;
  readonly raw?: boolean;
}

const MAX_SCREEN_BYTES = 512 * 1024;

/** What is on an agent's screen and in its scrollback, and with `--follow` what comes. */
export async function run([name = '']: readonly string[], options: TailOptions): Promise<number> {
  const lines = readWish(options);
  const output = createOutput(options);
  const place = await openPlace(options);
  place.forgetCalls();
  const terminal = await openTerminal(name, options, { place, output });
  const told: string[] = [];
  const write = async (texts: readonly string[]): Promise<void> => {
    if (output.json) return void told.push(...texts);
    const hasRoom = texts.length === 0 || process.stdout.write(`${texts.join('\n')}\n`);
    if (!hasRoom) await once(process.stdout, 'drain');
  };
  const text = rowText(options);
  const over = new AbortController();
  if (options.follow === true) void tellReaderGone(place, over.signal);
  const exit = await tail(
    {
      find: firstOf(terminal),
      call: terminal.call,
      clock: systemClock,
      saved: () => savedScreen(place, terminal, name),
      print: (rows) => write(rows.map(text)),
      mark: (line) => write([line]),
      note: (line) => output.note(printable(line)),
    },
    { lines, follow: options.follow === true },
  ).finally(() => over.abort());
  const source = terminal.first.pane === undefined ? 'saved' : 'pane';
  output.data({ formatVersion: '1.0', agent: name, state: terminal.first.state, source, lines: told });
  return exit;
}

/** Whoever has closed the pipe waits for our end, and not for the next line: what is written now brings EPIPE. */
async function tellReaderGone({ exec }: Place, signal: AbortSignal): Promise<void> {
  if (await isReaderGone(exec, signal)) process.stdout.write('\n');
}

/** Refuses what cannot be done before anything is looked at. */
function readWish({ lines, raw, follow, output }: TailOptions): number {
  if (!/^\d{1,9}$/.test(lines)) {
    throw new FleetError('E_USAGE', `-n takes a number of lines, not ${JSON.stringify(lines)}`);
  }
  if (raw === true && process.stdout.isTTY) {
    throw new FleetError('E_USAGE', '--raw would let the agent steer this terminal', {
      hint: 'Send it into a pipe or a file, or leave --raw out.',
    });
  }
  if (output === 'json' && (follow === true || raw === true)) {
    throw new FleetError('E_USAGE', `${follow === true ? '-f' : '--raw'} and -o json do not go together`);
  }
  return Number(lines);
}

/** Colours only where somebody sees them. */
function rowText(options: TailOptions): (row: Row) => string {
  const { raw, output } = options;
  if (raw === true) return (row) => row.raw;
  const isColoured = output !== 'json' && takesColor(process.stdout, options);
  return (row) => (isColoured ? row.styled : row.plain);
}

/** The look that found the agent serves as the first one. */
function firstOf({ first, find }: Terminal): Terminal['find'] {
  let known: Terminal['first'] | undefined = first;
  return () => {
    const now = known === undefined ? find() : Promise.resolve(known);
    known = undefined;
    return now;
  };
}

function savedScreen({ read: { files }, home }: Place, { fleet }: Terminal, name: string): SavedScreen | undefined {
  if (!isAgentName(name)) return undefined;
  const path = `${recordDirectory(home, fleet.name, name)}/screen`;
  const text = files.read(path, MAX_SCREEN_BYTES);
  const stat = files.stat(path);
  return text === undefined || stat === undefined ? undefined : { text: text.replace(/\n$/, ''), atMs: stat.mtimeMs };
}
