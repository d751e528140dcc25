import { plainJson } from '../model/plain-json.ts';
import { sizeOf } from './terminal-size.ts';
import { painted } from './view/painted.ts';
import { printableText } from './view/printable.ts';
import { wrapped } from './view/wrapped.ts';

/** Options every command takes, as commander hands them over. */
export interface CommonOptions {
  readonly output?: 'text' | 'json' | 'markdown' | 'github';
  readonly home?: string;
  readonly manifest?: string;
  readonly color?: boolean;
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly yes?: boolean;
  readonly lockTimeout?: string;
}

/** Where answers and stories go: stdout is the answer, stderr the story. Whatever is in them steers no terminal. */
export interface Output {
  readonly json: boolean;
  /** The answer as text; nothing in JSON mode. On a terminal its lines end between words and never in a command, unless they are to be kept. */
  text(text: string, lines?: 'kept'): void;
  /** The answer as JSON; nothing in text mode. */
  data(value: unknown): void;
  /** A line of the story. */
  note(line: string): void;
  /** A line of a list that is painted over itself there, in colours where somebody wants them. */
  paint(line: string, where: 'answer' | 'story'): string;
}

/** For a command whose every word is read by a program. */
export const silent: Output = {
  json: true,
  text: () => undefined,
  data: () => undefined,
  note: () => undefined,
  paint: (line) => line,
};

export function createOutput(options: CommonOptions): Output {
  const json = options.output === 'json';
  // What is made for another program is copied from a terminal as it is.
  const isForPeople = (options.output ?? 'text') === 'text';
  const answer = (text: string, lines?: 'kept'): string =>
    isForPeople && lines === undefined ? onTerminal(text, process.stdout, options) : printableText(text);
  return {
    json,
    text: (text, lines) => void (json || process.stdout.write(answer(text.endsWith('\n') ? text : `${text}\n`, lines))),
    data: (value) => void (json && process.stdout.write(`${plainJson(value, 2)}\n`)),
    note: (line) => void process.stderr.write(`${onTerminal(line, process.stderr, options)}\n`),
    paint: (line, where) =>
      takesColor(where === 'answer' ? process.stdout : process.stderr, options) ? painted(line) : line,
  };
}

/** Whether somebody sees colours there, and wants them. */
export const takesColor = (stream: NodeJS.WriteStream, { color }: Pick<CommonOptions, 'color'>): boolean =>
  stream.isTTY && color !== false && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb';

/**
 * Text as this stream takes it: steering nothing but colours of ours, and on a terminal without a word or a command that
 * two lines share.
 */
export function onTerminal(text: string, stream: NodeJS.WriteStream, options: Pick<CommonOptions, 'color'>): string {
  const safe = printableText(text);
  const fitted = stream.isTTY ? wrapped(safe, sizeOf(stream).columns) : safe;
  return takesColor(stream, options) ? painted(fitted) : fitted;
}
