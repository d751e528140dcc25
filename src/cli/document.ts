import { resolve } from 'node:path';
import { isObject } from '../model/is-object.ts';
import { FleetError, type ErrorCode } from '../model/error.ts';
import { createFileReader } from '../host/files.ts';
import { buildText, isSameBuild, thisBuild } from './build.ts';
import { fileWriter } from './write-port.ts';
import { printable } from './view/printable.ts';

/** A document of ours that comes back as a file, and what its refusals are called. */
export interface DocumentKind {
  /** `kind` in the document. */
  readonly kind: string;
  /** What messages call it. */
  readonly what: string;
  readonly invalid: ErrorCode;
  readonly otherBuild: ErrorCode;
  /** Refuses one that was changed; before its fields are looked at. */
  readonly checkSeal?: (document: Readonly<Record<string, unknown>>) => void;
  readonly validate: {
    (data: unknown): boolean;
    readonly errors?: readonly { readonly instancePath: string; readonly message?: string }[] | null;
  };
}

/** Parses and checks such a document: JSON, safe to walk through, of this build, and as its schema says. */
export function checkDocument(text: string, document: DocumentKind): unknown {
  const value = parseJson(text, document);
  refuseTraps(value, document);
  if (!isObject(value) || value['kind'] !== document.kind) throw invalid(document, `is not ${inWords(document.kind)}`);
  refuseOtherBuild(value['mosaic'], document);
  document.checkSeal?.(value);
  if (document.validate(value)) return value;
  const [first] = document.validate.errors ?? [];
  throw invalid(document, `is damaged: ${first?.instancePath ?? ''} ${first?.message ?? 'is not as it should be'}`);
}

/** `a saved plan` for SavedPlan. */
const inWords = (kind: string): string => `a ${kind.replace(/\B(?=[A-Z])/, ' ').toLowerCase()}`;

const invalid = ({ invalid: code, what }: DocumentKind, why: string): FleetError =>
  new FleetError(code, `${what} ${printable(why)}`);

/** Node's own message would quote the text, which may be anything. */
function parseJson(text: string, document: DocumentKind): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(document, jsonProblem(String(error), text));
  }
}

function jsonProblem(message: string, text: string): string {
  const at = /position (\d+)/.exec(message)?.[1];
  if (at === undefined) return /end of JSON/.test(message) ? 'ends in the middle' : 'is not valid JSON';
  const before = text.slice(0, Number(at)).split('\n');
  return `is not valid JSON at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

const MAX_DEPTH = 64;

/** A key that reaches a prototype, or a nesting that a walk could not survive: nothing of ours writes either. */
function refuseTraps(root: unknown, document: DocumentKind): void {
  const open: { readonly value: object; readonly path: string; readonly depth: number }[] = [];
  const push = (value: unknown, path: string, depth: number): void => {
    if (typeof value === 'object' && value !== null) open.push({ value, path, depth });
  };
  push(root, '', 0);
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    const { value, path, depth } = one;
    if (depth > MAX_DEPTH) throw invalid(document, `is nested too deeply at ${path.slice(0, 80)}…`);
    if (Object.hasOwn(value, '__proto__'))
      throw invalid(document, `has a key __proto__ at ${path === '' ? '/' : path}`);
    for (const [key, item] of Object.entries(value)) push(item, `${path}/${key}`, depth + 1);
  }
}

function refuseOtherBuild(made: unknown, { what, otherBuild }: DocumentKind): void {
  if (!isObject(made) || typeof made['version'] !== 'string' || typeof made['build'] !== 'string') return;
  const other = { version: made['version'], build: made['build'] };
  if (isSameBuild(other, thisBuild())) return;
  const message = `${what} was made by mosaic ${buildText(other)}, this is ${buildText(thisBuild())}`;
  throw new FleetError(otherBuild, printable(message));
}

/** Writes a document of ours, mode 0600, over nothing but an older one of its kind. */
export function writeDocument(file: string, document: object, kind: string): void {
  const path = resolve(file);
  refuseOther(path, `"kind": "${kind}"`, inWords(kind));
  fileWriter().write(path, `${JSON.stringify(document, undefined, 2)}\n`, 0o600);
}

/** Refuses a file that does not say near its beginning that it is one of those. */
export function refuseOther(path: string, mark: string, what: string): void {
  const files = createFileReader();
  const stat = files.stat(path);
  // What is no file at all, the writer refuses.
  if (stat?.kind !== 'file' || stat.size === 0) return;
  if ((files.read(path, MAX_OLD_BYTES) ?? '').slice(0, 200).includes(mark)) return;
  throw new FleetError('E_EXISTS', `${path} is there and is not ${what}`, { hint: 'Choose another name.' });
}

const MAX_OLD_BYTES = 64 * 1024 * 1024;
