import { validateFleet, type SchemaError } from '../generated/validate-fleet.js';
import type { Problem, Report } from './report.ts';
import { nameShapeAt, shapeAt } from './schema.ts';
import { codePoint, show } from './show.ts';
import { isSecretFlag, isSecretName } from '../model/secret.ts';
import { didYouMean, nearest } from './suggest.ts';
import type { Path, Tree } from './tree.ts';

/** Stands for a value that may be a secret. */
const HIDDEN = '(hidden)';

/** A complaint of the schema, and the path of what it is about. */
interface Complaint {
  readonly error: SchemaError;
  readonly path: Path;
}

/** Holds the tree against the schema. Gives the paths that do not fit; unknown keys and wrong names by the key itself. */
export function checkSchema(tree: Tree, text: string, report: Report): readonly Path[] {
  if (validateFleet(tree.value)) return [];
  const complaints = (validateFleet.errors ?? []).filter(({ keyword }) => keyword !== 'propertyNames').map(toComplaint);
  for (const complaint of complaints) {
    if (!isMisspelt(complaint, complaints)) reportOne(complaint, tree, text, report);
  }
  return complaints.filter(({ error }) => error.keyword !== 'required').map(({ path }) => path);
}

function toComplaint(error: SchemaError): Complaint {
  const extra = error.propertyName ?? error.params['additionalProperty'];
  const path = pointerSteps(error.instancePath);
  return { error, path: typeof extra === 'string' ? [...path, extra] : path };
}

/** True for a missing key that is there, but misspelt: the unknown key says it all. */
function isMisspelt({ error, path }: Complaint, all: readonly Complaint[]): boolean {
  if (error.keyword !== 'required') return false;
  const missing = String(error.params['missingProperty']);
  const unknown = all.filter((other) => other.error.keyword === 'additionalProperties');
  return unknown.some(
    (other) => other.path.length === path.length + 1 && nearest(String(other.path.at(-1)), [missing]) !== undefined,
  );
}

/** The steps of a JSON pointer (RFC 6901). */
const pointerSteps = (pointer: string): readonly string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));

function reportOne(complaint: Complaint, tree: Tree, text: string, report: Report): void {
  const { error, path } = complaint;
  const isAboutKey = error.propertyName !== undefined || ['required', 'additionalProperties'].includes(error.keyword);
  const span = isAboutKey ? tree.keyAt(path) : tree.valueAt(path);
  const value = valueAt(tree.value, path);
  const shown = isSecret(tree, path) ? HIDDEN : text.slice(span.start, span.end);
  report.error(
    path.length === 0 ? { start: span.start, end: span.start + 1 } : span,
    toProblem(complaint, shown, value),
  );
}

function toProblem(complaint: Complaint, shown: string, value: unknown): Problem {
  const { error, path } = complaint;
  if (error.propertyName !== undefined) return nameProblem(error.propertyName, path);
  switch (error.keyword) {
    case 'required':
      return missingProblem(String(error.params['missingProperty']));
    case 'additionalProperties':
      return unknownKeyProblem(path);
    default:
      return valueProblem(complaint, shown, value);
  }
}

function missingProblem(name: string): Problem {
  const hint = MISSING_HINTS[name];
  return { code: 'E_MISSING', message: `${show(name)} is missing`, ...(hint === undefined ? {} : { hint }) };
}

const MISSING_HINTS: Readonly<Record<string, string>> = {
  apiVersion: 'Write `apiVersion: mosaic/v1alpha1`.',
  kind: 'Write `kind: Fleet`.',
  spec: 'Write `spec:` with `agents:` below it.',
  agents: 'Write `agents: {}` for a fleet without agents.',
};

function unknownKeyProblem(path: Path): Problem {
  const key = String(path.at(-1));
  const known = Object.keys(shapeAt(path.slice(0, -1))?.properties ?? {});
  return { code: 'E_UNKNOWN_KEY', message: `unknown key ${show(key)}`, hint: didYouMean(key, known) };
}

function nameProblem(name: string, path: Path): Problem {
  const [odd] = /[^\u0020-\u007e]/u.exec(name) ?? [];
  const about = odd === undefined ? '' : ` (it holds ${codePoint(odd)})`;
  const expected = nameShapeAt(path.slice(0, -1))?.expects ?? 'something else';
  return {
    code: 'E_NAME',
    message: `${name === '' ? 'an empty text' : show(name)} cannot be a name here${about}`,
    hint: `Write ${expected}.`,
  };
}

function valueProblem(complaint: Complaint, shown: string, value: unknown): Problem {
  const { error, path } = complaint;
  const name = fieldName(path);
  const expected = shapeAt(path)?.expects ?? 'something else';
  if (value === null) return emptyProblem(name, expected, shown);
  const isType = error.keyword === 'type';
  const hint = isType ? typeHint(complaint, value, shown) : (choiceHint(error, value) ?? sizeHint(path, value));
  return {
    code: isType ? 'E_TYPE' : 'E_VALUE',
    message: `${name} must be ${expected}, not ${isTooMany(error) ? 'more' : describe(value, shown)}`,
    ...(hint === undefined ? {} : { hint }),
  };
}

const isTooMany = ({ keyword }: SchemaError): boolean => keyword === 'maxProperties';

function emptyProblem(name: string, expected: string, source: string): Problem {
  const message = `${name} is empty; it must be ${expected}`;
  if (source !== '~') return { code: 'E_TYPE', message };
  return { code: 'E_TYPE', message, hint: 'A bare ~ means nothing in YAML; write "~" in quotes.' };
}

/** `command[1]` for a list item, else the last key. */
function fieldName(path: Path): string {
  const last = path.at(-1);
  if (last === undefined) return 'the manifest';
  const isItem = /^[0-9]+$/.test(String(last)) && path.length > 1;
  return isItem ? show(`${path.at(-2)}[${last}]`) : show(String(last));
}

function describe(value: unknown, shown: string): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a map';
  if (value === '') return 'empty';
  return shown === HIDDEN ? shown : show(typeof value === 'string' ? value : shown);
}

function typeHint({ error, path }: Complaint, value: unknown, shown: string): string | undefined {
  const type = error.params['type'];
  if (type === 'array' && typeof value === 'string') {
    const isCommand = path.at(-1) === 'command';
    return isCommand ? 'One item per word; a line of shell goes under `shell:`.' : 'Write the items in brackets.';
  }
  if (type !== 'string' || shapeAt(path)?.expects.startsWith('text') !== true) return undefined;
  if (typeof value === 'object') return 'Text that holds `: ` or begins with a bracket needs quotes.';
  return shown === HIDDEN ? 'Write it in quotes.' : `Write it in quotes: "${shown}"`;
}

function choiceHint(error: SchemaError, value: unknown): string | undefined {
  const allowed = error.params['allowedValues'] ?? [error.params['allowedValue']];
  const words = Array.isArray(allowed) ? allowed.filter((word): word is string => typeof word === 'string') : [];
  const guess = typeof value === 'string' ? nearest(value, words) : undefined;
  return guess === undefined ? undefined : `Did you mean \`${guess}\`?`;
}

/** Others write 4g, 4gb or 4GiB. */
function sizeHint(path: Path, value: unknown): string | undefined {
  const [, size] =
    path.at(-1) === 'memoryMax' ? (/^([1-9]\d*[KMGT])I?B?$/.exec(String(value).toUpperCase()) ?? []) : [];
  return size === undefined ? undefined : `Did you mean \`${size}\`?`;
}

/** True for the value of a variable, or the word after a flag, whose name says that it is a secret. */
function isSecret(tree: Tree, path: Path): boolean {
  const before = valueAt(tree.value, [...path.slice(0, -1), Number(path.at(-1)) - 1]);
  return isSecretName(String(path.at(-1))) || (typeof before === 'string' && isSecretFlag(before));
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined;
  }
  return value;
}
