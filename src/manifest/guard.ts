import { FlowGuard, type FlowProblem } from './flow-guard.ts';
import type { Problem, Report } from './report.ts';

const MAX_DEPTH = 32;
/** More than 1000 full agents need; the parser's cost grows with it. */
const MAX_TOKENS = 300_000;

/** The lexer's marks that stand for no text. */
const SCALAR_FOLLOWS = '\x1f';
const DOCUMENT_BEGINS = '\x02';
const FLOW_IS_CUT = '\x18';

const NEWLINES: ReadonlySet<string> = new Set(['', '\n', '\r']);
const BLANKS: ReadonlySet<string> = new Set([' ', '\t', '#', '\ufeff']);
const INDICATORS: ReadonlySet<string> = new Set(['-', '?', ':']);

/**
 * Watches the YAML lexer's tokens and refuses what no manifest needs before anything is built from it:
 * deep nesting, too many tokens, directives, second documents, anchors, aliases, merge keys and tags.
 * Linear in the text, whatever it holds.
 */
export class TokenGuard {
  readonly #report: Report;
  readonly #columns: number[] = [];
  readonly #flow = new FlowGuard();
  #count = 0;
  #lineStart = 0;
  /** The next token opens a block where it stands: it is the first of its line, or follows an indicator. */
  #opens = true;
  #scalarFollows = false;
  #document: 'ahead' | 'begun' | 'ended' = 'ahead';
  #mergeKey: { readonly offset: number; readonly lineStart: number } | undefined;
  #mergeLine = -1;
  #broken = false;

  constructor(report: Report) {
    this.#report = report;
  }

  /** True when what was read has no structure that a parser could make sense of. */
  get broken(): boolean {
    return this.#broken;
  }

  /** Takes the next token; false when reading is to stop. */
  accepts(token: string, offset: number): boolean {
    this.#count += 1;
    if (this.#count > MAX_TOKENS) return this.#refuse(offset, 1, TOO_LARGE);
    const isScalar = this.#scalarFollows;
    this.#scalarFollows = token === SCALAR_FOLLOWS && !isScalar;
    if (this.#scalarFollows || token === DOCUMENT_BEGINS) return true;
    if (token === FLOW_IS_CUT) return this.#flowIsSound(this.#flow.unclosed(), 0);
    const goesOn = isScalar ? this.#scalar(token, offset) : this.#plainToken(token, offset);
    const newline = token.lastIndexOf('\n');
    if (newline >= 0) this.#lineStart = offset + newline + 1;
    return goesOn;
  }

  /** To be called once after the last token. */
  end(): void {
    this.#flowIsSound(this.#flow.unclosed(), 0);
  }

  #plainToken(token: string, offset: number): boolean {
    const first = token.charAt(0);
    if (NEWLINES.has(first)) this.#opens = true;
    if (NEWLINES.has(first) || BLANKS.has(first)) return true;
    if (first === '%') return this.#refuse(offset, token.length, DIRECTIVE);
    if (!this.#place(token, offset)) return false;
    return this.#flowIsSound(this.#flow.token(token, offset), offset) && this.#indicator(token, offset);
  }

  #scalar(token: string, offset: number): boolean {
    if (token === '<<') this.#mergeKey = { offset, lineStart: this.#lineStart };
    return this.#place(token, offset) && this.#flowIsSound(this.#flow.value(), offset);
  }

  /** Counts documents and depth at a token that means something. */
  #place(token: string, offset: number): boolean {
    if (this.#isSecondDocument(token)) {
      this.#report.error({ start: offset, end: offset + token.length }, SECOND_DOCUMENT);
      return false;
    }
    this.#document = token === '...' ? 'ended' : 'begun';
    if (this.#opens && this.#flow.depth === 0) this.#openBlock(offset - this.#lineStart);
    this.#opens = INDICATORS.has(token);
    return this.#depth <= MAX_DEPTH || this.#refuse(offset, 1, TOO_DEEP);
  }

  #isSecondDocument(token: string): boolean {
    if (this.#document === 'ended') return token !== '...';
    return this.#document === 'begun' && token === '---';
  }

  get #depth(): number {
    return this.#columns.length + this.#flow.depth;
  }

  #openBlock(column: number): void {
    while ((this.#columns.at(-1) ?? -1) > column) this.#columns.pop();
    if (this.#columns.at(-1) !== column) this.#columns.push(column);
  }

  #indicator(token: string, offset: number): boolean {
    switch (token[0]) {
      case '"':
      case "'":
        return this.#quoted(token, offset);
      case ':':
        return this.#mergeEnds();
      default:
        return this.#feature(token, offset);
    }
  }

  #quoted(token: string, offset: number): boolean {
    this.#mergeKey = undefined;
    const isClosed = token.length > 1 && token.endsWith(token.charAt(0));
    return isClosed ? this.#flowIsSound(this.#flow.value(), offset) : this.#refuse(offset, 1, UNCLOSED_QUOTE);
  }

  #mergeEnds(): boolean {
    if (this.#mergeKey === undefined) return true;
    const { offset, lineStart } = this.#mergeKey;
    this.#report.error({ start: offset, end: offset + 2 }, MERGE_KEY);
    this.#mergeLine = lineStart;
    this.#mergeKey = undefined;
    return true;
  }

  #feature(token: string, offset: number): boolean {
    this.#mergeKey = undefined;
    const problem = FEATURES[token.charAt(0)];
    const isOfMergeKey = token.startsWith('*') && this.#mergeLine === this.#lineStart;
    if (problem !== undefined && !isOfMergeKey)
      this.#report.error({ start: offset, end: offset + token.length }, problem);
    return true;
  }

  #flowIsSound(found: FlowProblem | undefined, offset: number): boolean {
    return found === undefined || this.#refuse(found.offset ?? offset, 1, found.problem);
  }

  #refuse(offset: number, length: number, problem: Problem): false {
    this.#report.error({ start: offset, end: offset + length }, problem);
    this.#broken = true;
    return false;
  }
}

const COMMON = 'What agents have in common goes under `spec.agentDefaults`';

const DIRECTIVE: Problem = {
  code: 'E_YAML_FEATURE',
  message: 'YAML directives are not allowed',
  hint: 'Remove this line.',
};
const MERGE_KEY: Problem = { code: 'E_YAML_FEATURE', message: 'merge keys are not allowed', hint: `${COMMON}.` };
const FEATURES: Readonly<Record<string, Problem>> = {
  '&': {
    code: 'E_YAML_FEATURE',
    message: 'anchors are not allowed',
    hint: `${COMMON}; text that begins with \`&\` needs quotes.`,
  },
  '*': {
    code: 'E_YAML_FEATURE',
    message: 'aliases are not allowed',
    hint: `${COMMON}; text that begins with \`*\` needs quotes.`,
  },
  '!': { code: 'E_YAML_FEATURE', message: 'tags are not allowed', hint: 'Text that begins with `!` needs quotes.' },
};
const SECOND_DOCUMENT: Problem = {
  code: 'E_DOCUMENTS',
  message: 'a second document begins here',
  hint: 'A manifest is one document; write one file per fleet.',
};
const TOO_DEEP: Problem = {
  code: 'E_TOO_LARGE',
  message: `nested deeper than ${MAX_DEPTH} levels`,
  hint: 'Write it flatter.',
};
const TOO_LARGE: Problem = {
  code: 'E_TOO_LARGE',
  message: 'the manifest holds too many values',
  hint: 'Split it into several fleets.',
};
const UNCLOSED_QUOTE: Problem = {
  code: 'E_YAML',
  message: 'this quote is never closed',
  hint: 'Close it with the same quote character.',
};
