import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseSync, type CallExpression, type Expression } from '@swc/core';

const ROOT = resolve(import.meta.dirname, '../..');

/** A test, or a group of tests, as its source names it. */
export interface TestName {
  /** Path from the checkout. */
  readonly file: string;
  /** The titles of its groups and its own, as jest joins them; parameters as they are written there. */
  readonly name: string;
  /** Its own title alone. */
  readonly title: string;
  /** The faults of docs/faults.md that it brings about, by its own title. */
  readonly rows: readonly string[];
}

/** A name as prose has it: without the numbers of faults. */
export const withoutRows = (name: string): string => name.replaceAll(/ \((?:F\d+(?:, )?)+\)/g, '');

/** How a page of docs names a test: where it is, and what it says. */
export const namedTest = ({ file, name }: TestName): string =>
  `[${file.replace(/^.*\/|(\.test)?\.ts$/g, '')}](../${file}) *${withoutRows(name).replaceAll(/[|*\\]/g, '\\$&')}*`;

/** Everything below `test` that is named by `describe`, `it` or `test`, in the order of paths and lines. */
export function testNames(): readonly TestName[] {
  const below = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' });
  const files = below.filter((name) => name.endsWith('.ts')).map((name) => `test/${name}`);
  return files.toSorted().flatMap((file) => namesIn(file, readFileSync(join(ROOT, file), 'utf8')));
}

/** The names in one source text. */
function namesIn(file: string, text: string): readonly TestName[] {
  if (!/\b(?:describe|it|test)\b/.test(text)) return [];
  return within(parseSync(text, { syntax: 'typescript', target: 'es2022' }), file, '');
}

function within(node: unknown, file: string, above: string): readonly TestName[] {
  if (Array.isArray(node)) return node.flatMap((child) => within(child, file, above));
  if (typeof node !== 'object' || node === null) return [];
  const own = isCall(node) ? named(node) : undefined;
  const name = own === undefined ? above : `${above} ${own.title}`.trim();
  const inside = Object.values(node).flatMap((child) => within(child, file, name));
  return own === undefined ? inside : [{ file, name, ...own }, ...inside];
}

const isCall = (node: object): node is CallExpression => 'type' in node && node.type === 'CallExpression';

function named({ callee, arguments: [first] }: CallExpression): Pick<TestName, 'title' | 'rows'> | undefined {
  const word = callee.type === 'Super' || callee.type === 'Import' ? undefined : rootOf(callee);
  const title = first === undefined ? undefined : textOf(first.expression);
  if (word === undefined || title === undefined) return undefined;
  return { title, rows: [...title.matchAll(/\bF\d+\b/g)].map(([id]) => id) };
}

/** `it` of `it(…)`, `it.skipIf(…)(…)`, `it.each([…])(…)`; not of `it.each([…])`, which names nothing yet. */
function rootOf(callee: Expression): 'describe' | 'it' | 'test' | undefined {
  if (callee.type === 'Identifier') return wordOf(callee.value);
  if (callee.type !== 'CallExpression' || callee.callee.type !== 'MemberExpression') return undefined;
  const { object } = callee.callee;
  return object.type === 'Identifier' ? wordOf(object.value) : undefined;
}

const wordOf = (name: string): 'describe' | 'it' | 'test' | undefined =>
  name === 'describe' || name === 'it' || name === 'test' ? name : undefined;

/** A title that stands there as text; what is computed inside it becomes an ellipsis. */
function textOf(expression: Expression): string | undefined {
  if (expression.type === 'StringLiteral') return expression.value;
  if (expression.type !== 'TemplateLiteral') return undefined;
  return expression.quasis.map(({ cooked, raw }) => cooked ?? raw).join('…');
}
