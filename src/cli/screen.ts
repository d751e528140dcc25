import type { ReadStream, WriteStream } from 'node:tty';
import { sizeOf, type Size } from './terminal-size.ts';
import { wrapped } from './view/wrapped.ts';

/** A terminal that shows one page, painted over itself again and again. */
export interface Screen {
  /** Shows the lines from the top of the terminal on, cut to its size where they have no room. They must be printable. */
  readonly paint: (lines: readonly PageLine[]) => void;
  /** Gives the terminal back as it was; the last page stays. Idempotent. */
  readonly close: () => void;
}

/** A line of a page; where not all have room, those of the lowest rank stay. */
export interface PageLine {
  readonly text: string;
  readonly rank: number;
}

interface Keys {
  /** `q` was pressed. */
  readonly quit: () => void;
  /** Ctrl-C was: as a key it reaches nobody else. */
  readonly interrupt: () => void;
}

interface ScreenPorts {
  readonly input: ReadStream;
  readonly keys: Keys;
  /** Gives a line of the page its colours. */
  readonly paint: Paint;
}

type Paint = (line: string) => string;

/** No cursor, and no line goes on in the next one, should its characters be wider than they are many. */
const ENTER = '\u001b[?25l\u001b[?7l';
const LEAVE = '\u001b[?7h\u001b[?25h';
const HOME = '\u001b[H';
const CLEAR = '\u001b[2J';
/** Behind each line, and below the last: what is left of the page before. Nothing is blank in between, so nothing flickers. */
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/** Takes over a terminal, and its keyboard when that is one. */
export function openScreen(out: WriteStream, { input, keys, paint: coloured }: ScreenPorts): Screen {
  let page: readonly PageLine[] = [];
  let shown = '';
  const paint = (): void => {
    const text = pageText(page, sizeOf(out), coloured);
    if (text !== shown) out.write(`${HOME}${text}${CLEAR_BELOW}`);
    shown = text;
  };
  const resize = (): void => {
    shown = '';
    out.write(CLEAR);
    paint();
  };
  const restoreKeys = listen(input, keys);
  out.on('resize', resize);
  out.write(`${ENTER}${CLEAR}`);
  let open = true;
  return {
    paint: (lines) => {
      page = lines;
      paint();
    },
    close: () => {
      if (!open) return;
      open = false;
      out.off('resize', resize);
      restoreKeys();
      out.write(LEAVE);
    },
  };
}

/** The last row stays free: the line break behind it would scroll. Long lines go on in the next where all have room. */
export function pageText(lines: readonly PageLine[], { columns, rows }: Size, coloured: Paint): string {
  const room = Math.max(1, rows - 1);
  const whole = lines.flatMap(({ text }) => wrapped(text, columns).split('\n'));
  const shown = whole.length <= room ? whole : mostNeeded(lines, room);
  return shown.map((line) => `${cut(line, columns, coloured)}\r\n`).join('');
}

/** As many as there is room for, in their order, and a line that counts the others; that a blank line is missing is no news. */
function mostNeeded(lines: readonly PageLine[], room: number): readonly string[] {
  const places = lines.map(({ rank }, at) => ({ rank, at })).toSorted((a, b) => a.rank - b.rank || a.at - b.at);
  const filled = lines.filter(({ text }) => text !== '').length;
  const kept = new Set(places.slice(0, filled <= room ? room : room - 1).map(({ at }) => at));
  const texts = lines.filter((_, at) => kept.has(at)).map(({ text }) => text);
  return filled <= room ? texts : [...texts, `… ${filled - texts.length} more lines`];
}

/** On a full line the cursor stands on its last column, which is not to be cleared. */
function cut(line: string, columns: number, coloured: Paint): string {
  const characters = Array.from(line);
  if (characters.length < columns) return `${coloured(line)}${CLEAR_LINE}`;
  return coloured(characters.length === columns ? line : `${characters.slice(0, columns - 1).join('')}…`);
}

function listen(input: ReadStream, keys: Keys): () => void {
  if (!input.isTTY) return () => undefined;
  const press = (bytes: Buffer): void => {
    for (const key of bytes.toString('latin1')) {
      if (key === 'q') keys.quit();
      if (key === '\u0003') keys.interrupt();
    }
  };
  input.setRawMode(true).on('data', press).resume();
  return () => {
    input.off('data', press).setRawMode(false).pause();
  };
}
