import { plainJson } from '../model/plain-json.ts';
import { printableText } from './view/printable.ts';

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
  /** The answer as text; nothing in JSON mode. */
  text(text: string): void;
  /** The answer as JSON; nothing in text mode. */
  data(value: unknown): void;
  /** A line of the story. */
  note(line: string): void;
}

/** For a command whose every word is read by a program. */
export const silent: Output = { json: true, text: () => undefined, data: () => undefined, note: () => undefined };

export function createOutput(options: CommonOptions): Output {
  const json = options.output === 'json';
  return {
    json,
    text: (text) => void (json || process.stdout.write(printableText(text.endsWith('\n') ? text : `${text}\n`))),
    data: (value) => void (json && process.stdout.write(`${plainJson(value, 2)}\n`)),
    note: (line) => void process.stderr.write(`${printableText(line)}\n`),
  };
}
