import type { Problem } from './report.ts';

/** One open `[` or `{`, and how far its current entry has come. */
interface Bracket {
  readonly offset: number;
  readonly token: string;
  hasValue: boolean;
  hasColon: boolean;
  hasQuestion: boolean;
}

/** A complaint, and where it belongs when that is not the token at hand. */
export interface FlowProblem {
  readonly problem: Problem;
  readonly offset?: number;
}

const PARTNER: Readonly<Record<string, string>> = { ']': '[', '}': '{' };

/**
 * Follows brackets, commas and colons between `[ ]` and `{ }`. It refuses at the first slip, since the parser
 * nests entries without a comma into each other, and recurses over them.
 */
export class FlowGuard {
  readonly #brackets: Bracket[] = [];

  get depth(): number {
    return this.#brackets.length;
  }

  /** Takes a token that is no scalar. */
  token(token: string, offset: number): FlowProblem | undefined {
    switch (token) {
      case '[':
      case '{':
        return this.value() ?? this.#open(token, offset);
      case ']':
      case '}':
        return this.#close(token);
      case ',':
        return this.#next();
      case ':':
        return this.#mark('hasColon');
      case '?':
        return this.#mark('hasQuestion');
      default:
        return undefined;
    }
  }

  /** Takes a scalar, an alias or the beginning of a nested collection. */
  value(): FlowProblem | undefined {
    const bracket = this.#brackets.at(-1);
    if (bracket === undefined) return undefined;
    if (bracket.hasValue) return NO_COMMA;
    bracket.hasValue = true;
    return undefined;
  }

  /** What to say when the text leaves the innermost bracket without closing it. */
  unclosed(): FlowProblem | undefined {
    const bracket = this.#brackets.at(-1);
    if (bracket === undefined) return undefined;
    return { problem: { ...PAIRS, message: `this \`${bracket.token}\` is never closed` }, offset: bracket.offset };
  }

  #open(token: string, offset: number): undefined {
    this.#brackets.push({ offset, token, hasValue: false, hasColon: false, hasQuestion: false });
  }

  #close(token: string): FlowProblem | undefined {
    const bracket = this.#brackets.pop();
    if (bracket === undefined) return { problem: { ...PAIRS, message: `this \`${token}\` closes nothing` } };
    if (bracket.token === PARTNER[token]) return undefined;
    return { problem: { ...PAIRS, message: `this \`${token}\` cannot close the \`${bracket.token}\`` } };
  }

  #next(): undefined {
    const bracket = this.#brackets.at(-1);
    if (bracket !== undefined) Object.assign(bracket, { hasValue: false, hasColon: false, hasQuestion: false });
  }

  #mark(mark: 'hasColon' | 'hasQuestion'): FlowProblem | undefined {
    const bracket = this.#brackets.at(-1);
    if (bracket?.[mark] === true) return NO_COMMA;
    if (bracket !== undefined) Object.assign(bracket, { [mark]: true, hasValue: false });
    return undefined;
  }
}

const PAIRS = {
  code: 'E_YAML',
  hint: 'Brackets come in pairs: [item, item] or {key: value}; in text they need quotes.',
};
const NO_COMMA: FlowProblem = {
  problem: {
    code: 'E_YAML',
    message: 'a comma is missing before this',
    hint: 'Write {key: value, key: value} or [item, item].',
  },
};
