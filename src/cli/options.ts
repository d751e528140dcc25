import { plainJson } from '../model/plain-json.ts';
import { sizeOf } from './terminal-size.ts';
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
}

/** For a command whose every word is read by a program. */
export const silent: Output = { json: true, text: () => undefined, data: () => undefined, note: () => undefined };

export function createOutput(options: CommonOptions): Output {
  const json = options.output === 'json';
  // What is made for another program is copied from a terminal as it is.
  const isForPeople = (options.output ?? 'text') === 'text';
  const answer = (text: string, lines?: 'kept'): string =>
    isForPeople && lines === undefined ? onTerminal(text, process.stdout) : printableText(text);
  return {
    json,
    text: (text, lines) => void (json || process.stdout.write(answer(text.endsWith('\n') ? text : `${text}\n`, lines))),
    data: (value) => void (json && process.stdout.write(`${plainJson(value, 2)}\n`)),
    note: (line) => void process.stderr.write(`${onTerminal(line, process.stderr)}\n`),
  };
}

/** Text as this stream takes it: steering nothing, and on a terminal without a word or a command that two lines share. */
export function onTerminal(text: string, stream: NodeJS.WriteStream): string {
  const safe = printableText(text);
  return stream.isTTY ? wrapped(safe, sizeOf(stream).columns) : safe;
}
