import { Composer, Lexer, Parser, type CST, type Document, type YAMLError } from 'yaml';
import { TokenGuard } from './guard.ts';
import { lineOf, lineStarts, type Report } from './report.ts';
import { yamlProblem } from './yaml-errors.ts';

/** What the guard has already reported at its own place. */
const REPORTED_BY_GUARD: ReadonlySet<string> = new Set([
  'ALIAS_PROPS',
  'BAD_ALIAS',
  'BAD_COLLECTION_TYPE',
  'BAD_PROP_ORDER',
  'MULTIPLE_ANCHORS',
  'MULTIPLE_TAGS',
  'TAG_RESOLVE_FAILED',
]);

/** The library's own check for unique keys is quadratic; `readTree` makes it in one pass. */
const OPTIONS = { uniqueKeys: false, resolveKnownTags: false, version: '1.2', schema: 'core' } as const;

/** Parses one YAML 1.2 document. Undefined, with the reasons in `report`, when its structure is not sound. */
export function parseYaml(text: string, report: Report): Document.Parsed | undefined {
  const tokens = readTokens(text, report);
  if (tokens === undefined) return undefined;
  const [document] = compose(tokens, text.length);
  if (document === undefined) return undefined;
  const problems = [...document.errors, ...document.warnings].filter(({ code }) => !REPORTED_BY_GUARD.has(code));
  reportProblems(problems, text, report);
  return problems.length === 0 ? document : undefined;
}

/** One run of the lexer serves the guard and the parser. */
function readTokens(text: string, report: Report): readonly CST.Token[] | undefined {
  const guard = new TokenGuard(report);
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  for (const lexeme of new Lexer().lex(text)) {
    if (!guard.accepts(lexeme, parser.offset)) break;
    tokens.push(...parser.next(lexeme));
  }
  if (!guard.broken) guard.end();
  if (guard.broken) return undefined;
  tokens.push(...parser.end());
  return tokens;
}

function compose(tokens: readonly CST.Token[], end: number): readonly Document.Parsed[] {
  // A broken manifest makes errors by the hundred thousand; their stack traces would cost seconds.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return [...new Composer(OPTIONS).compose(tokens, true, end)];
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The first complaint of each line; the rest of a line only follows from it. */
function reportProblems(problems: readonly YAMLError[], text: string, report: Report): void {
  const starts = lineStarts(text);
  const lines = new Set<number>();
  for (const problem of problems.toSorted((left, right) => left.pos[0] - right.pos[0])) {
    const line = lineOf(starts, problem.pos[0]);
    if (lines.has(line)) continue;
    lines.add(line);
    const start = problem.pos[0] + indentAt(text, problem);
    report.error({ start, end: Math.max(problem.pos[1], start + 1) }, yamlProblem(problem));
  }
}

/** The parser points a wrong indentation at the line's beginning; the eye looks at its first word. */
function indentAt(text: string, { code, pos }: YAMLError): number {
  return code === 'BAD_INDENT' ? (/^ */.exec(text.slice(pos[0], pos[0] + 1024))?.[0].length ?? 0) : 0;
}
