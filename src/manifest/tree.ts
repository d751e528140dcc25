import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap } from 'yaml';
import { lineOf, lineStarts, type Report, type Span } from './report.ts';
import { codePoint, show } from './show.ts';

/** Keys and list positions that lead from the root to a value. */
export type Path = readonly (string | number)[];

/** A YAML document as plain values, and the way back from a value to its place in the text. */
export interface Tree {
  /** Maps are prototype-free objects, so that no key can reach a prototype. */
  readonly value: unknown;
  /** Where the value of a path stands; its key when the value is empty or the path ends at nothing. */
  valueAt(path: Path): Span;
  /** Where the key of a path stands; for a list item and the root, the value. */
  keyAt(path: Path): Span;
  /** Plain numbers that are not written the way they would be printed, such as `0755` and `1e3`. */
  readonly oddNumbers: readonly OddNumber[];
  /** Plain texts that a `#` has cut short, as far as one can tell. */
  readonly cutTexts: readonly Span[];
}

export interface OddNumber {
  readonly span: Span;
  readonly source: string;
}

/** A node, and the key that leads to it. */
interface Place {
  readonly node: unknown;
  readonly key: Span;
}

const START: Span = { start: 0, end: 1 };

type PairIndex = ReadonlyMap<string, Pair>;

/** Turns a document into a tree. Reports keys that are no strings or doubled, and characters no value may hold. */
export function readTree(root: Node | null, text: string, report: Report): Tree {
  const reader = new TreeReader(text, report);
  const value = reader.read(root);
  return {
    value,
    valueAt: (path) => reader.find(root, path).value,
    keyAt: (path) => reader.find(root, path).key,
    oddNumbers: reader.oddNumbers,
    cutTexts: reader.cutTexts,
  };
}

class TreeReader {
  readonly oddNumbers: OddNumber[] = [];
  readonly cutTexts: Span[] = [];
  readonly #text: string;
  readonly #report: Report;
  readonly #indexes = new Map<YAMLMap, PairIndex>();
  #lineStarts: readonly number[] | undefined;

  constructor(text: string, report: Report) {
    this.#text = text;
    this.#report = report;
  }

  read(node: unknown): unknown {
    if (isScalar(node)) return this.#readScalar(node);
    if (isSeq(node)) return node.items.map((item) => this.read(item));
    if (isMap(node)) return this.#readMap(node);
    return null;
  }

  find(root: Node | null, path: Path): { readonly key: Span; readonly value: Span } {
    const { node, key } = path.reduce<Place>((place, step) => this.#below(place, step), {
      node: root,
      key: spanOf(root) ?? START,
    });
    const value = spanOf(node);
    return { key, value: value === undefined || value.end <= value.start ? key : value };
  }

  #below({ node, key }: Place, step: string | number): Place {
    if (isSeq(node)) {
      const item = node.items[Number(step)];
      return { node: item, key: spanOf(item) ?? key };
    }
    const pair = isMap(node) ? this.#indexes.get(node)?.get(String(step)) : undefined;
    return { node: pair?.value, key: spanOf(pair?.key) ?? key };
  }

  #readMap(map: YAMLMap): unknown {
    const value: Record<string, unknown> = emptyRecord();
    const index = new Map<string, Pair>();
    this.#indexes.set(map, index);
    for (const pair of map.items) {
      const key = this.#readKey(pair.key);
      if (key === undefined || this.#isRepeated(index, key, pair)) continue;
      index.set(key, pair);
      value[key] = this.read(pair.value);
    }
    return value;
  }

  #readKey(node: unknown): string | undefined {
    const span = spanOf(node) ?? START;
    if (!isScalar(node) || typeof node.value !== 'string') {
      // An alias as a key has been refused as an alias.
      if (!isAlias(node)) this.#report.error(span, keyProblem(node));
      return undefined;
    }
    if (node.value === '__proto__') {
      this.#report.error(span, {
        code: 'E_NAME',
        message: '`__proto__` cannot be a key',
        hint: 'Choose another name.',
      });
      return undefined;
    }
    this.#checkCharacters(node.value, span);
    return node.value;
  }

  #isRepeated(index: PairIndex, key: string, pair: Pair): boolean {
    const first = spanOf(index.get(key)?.key);
    const again = spanOf(pair.key);
    if (first === undefined || again === undefined) return false;
    this.#lineStarts ??= lineStarts(this.#text);
    const message = `the key ${show(key)} is already used in line ${lineOf(this.#lineStarts, first.start)}`;
    this.#report.error(again, { code: 'E_DUPLICATE_KEY', message, hint: 'Keep one of the two.' });
    return true;
  }

  #readScalar(scalar: Scalar): unknown {
    const span = spanOf(scalar) ?? START;
    const { value, source = '' } = scalar;
    if (typeof value === 'string') this.#checkCharacters(value, span);
    if (typeof value === 'number' && String(value) !== source) this.oddNumbers.push({ span, source });
    if (scalar.type === 'PLAIN' && /^ #[^\s#]/.test(this.#text.slice(span.end, span.end + 3))) this.cutTexts.push(span);
    return value;
  }

  #checkCharacters(value: string, span: Span): void {
    const [character] = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ud800-\udfff]/u.exec(value) ?? [];
    if (character === undefined) return;
    const message = `the text holds ${codePoint(character)}, which no value may hold`;
    this.#report.error(span, { code: 'E_CONTROL_CHARACTER', message, hint: 'Remove the escape that stands for it.' });
  }
}

function keyProblem(node: unknown): { code: string; message: string; hint: string } {
  const source = isScalar(node) ? (node.source ?? '') : '';
  if (isScalar(node) && source !== '') {
    return {
      code: 'E_KEY',
      message: `a key must be text, not ${show(source)}`,
      hint: `Write it in quotes: "${source}"`,
    };
  }
  return { code: 'E_KEY', message: 'a key must be text', hint: 'Write `key: value`.' };
}

function spanOf(node: unknown): Span | undefined {
  if (!isScalar(node) && !isMap(node) && !isSeq(node) && !isAlias(node)) return undefined;
  const [start, end] = node.range ?? [];
  return start === undefined || end === undefined ? undefined : { start, end };
}

/** An object without a prototype: `constructor` and its like are keys like any other. */
export function emptyRecord<T>(): Record<string, T> {
  const record: Record<string, T> = Object.create(null);
  return record;
}
