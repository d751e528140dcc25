import type { Diagnostic } from '../model/diagnostic.ts';

/** A stretch of the manifest, in UTF-16 units of its text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What is wrong, in words that say what to write instead. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** Collects the complaints about one manifest. One mistake gives one message. */
export interface Report {
  error(span: Span, problem: Problem): void;
  warning(span: Span, problem: Problem): void;
  /** From here on a complaint gives way where an earlier stage has already found an error at the same place. */
  nextStage(): void;
  failed(): boolean;
  /** Sorted by position, each once. */
  diagnostics(): readonly Diagnostic[];
}

interface Entry {
  readonly severity: Diagnostic['severity'];
  readonly span: Span;
  readonly problem: Problem;
}

/** An empty report about `text`, which its diagnostics call `file`. */
export function createReport(text: string, file: string): Report {
  const entries = new Map<string, Entry>();
  const wrong = new Set<number>();
  let settled: ReadonlySet<number> = new Set();

  const add = (severity: Diagnostic['severity'], span: Span, problem: Problem): void => {
    if (settled.has(span.start)) return;
    entries.set(`${span.start} ${problem.message}`, { severity, span, problem });
    if (severity === 'error') wrong.add(span.start);
  };

  return {
    error: (span, problem) => add('error', span, problem),
    warning: (span, problem) => add('warning', span, problem),
    nextStage: () => {
      settled = new Set(wrong);
    },
    failed: () => wrong.size > 0,
    diagnostics: () => {
      const at = positions(text);
      const sorted = [...entries.values()].toSorted((left, right) => left.span.start - right.span.start);
      return sorted.map(({ severity, span, problem }) => ({ severity, file, ...at(span), ...problem }));
    },
  };
}

type Position = Pick<Diagnostic, 'line' | 'col' | 'length'>;

function positions(text: string): (span: Span) => Position {
  const starts = lineStarts(text);
  return ({ start, end }) => {
    const line = lineOf(starts, start);
    const lineStart = starts[line - 1] ?? 0;
    const lineEnd = text.slice(lineStart, (starts[line] ?? text.length + 1) - 1).trimEnd().length + lineStart;
    return { line, col: start - lineStart + 1, length: Math.max(1, Math.min(end, lineEnd) - start) };
  };
}

/** Offsets at which lines begin. */
export function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** The 1-based line of an offset, by binary search. */
export function lineOf(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}
