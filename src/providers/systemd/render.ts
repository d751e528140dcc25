import { shortHash } from '../../host/digest.ts';
import type { JsonObject } from '../../model/resource.ts';

/** Sections in order; each a list of `Key=Value` lines in order. Values are already in unit syntax. */
export type Sections = readonly (readonly [
  section: string,
  lines: readonly (readonly [key: string, value: string])[],
])[];

/** Who a unit belongs to. It stands in the unit itself, in a section systemd ignores (systemd.unit(5): `X-`). */
export interface UnitMark {
  readonly fleet: string;
  readonly home: string;
  readonly handEdited: boolean;
}

/** Writes a unit with our mark in its last section. The mark's hash is that of everything above it. */
export function renderUnit(sections: Sections, fleet: string, home: string): string {
  const body = sections
    .map(([name, lines]) => `[${name}]\n${lines.map(([key, value]) => `${key}=${value}\n`).join('')}\n`)
    .join('');
  return withMark(body, fleet, unitWord(home));
}

const withMark = (body: string, fleet: string, homeWord: string): string =>
  `${body}[X-Mosaic]\nFleet=${fleet}\nHome=${homeWord}\nHash=${hashOf(body)}\n`;

let last = { body: '', hash: '' };

/** One agent's settings mostly have the text of the one before. */
function hashOf(body: string): string {
  if (body !== last.body || last.hash === '') last = { body, hash: shortHash(body) };
  return last.hash;
}

export interface ParsedUnit {
  readonly spec: JsonObject;
  readonly mark: UnitMark | undefined;
  /** Of the whole text. */
  readonly hash: string;
}

const MAX_KNOWN = 64;
const known = new Map<string, ParsedUnit>();

/**
 * The unit as a document (`section → key → value`, a repeated key gives a list) without our mark, and the mark. The
 * settings of a hundred agents are mostly one and the same text: it is read once.
 */
export function parseUnit(text: string): ParsedUnit {
  const parsed = known.get(text) ?? readUnit(text);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(text, parsed);
  return parsed;
}

function readUnit(text: string): ParsedUnit {
  const spec = emptyRecord<Section>();
  let section: Section = emptyRecord();
  // These three end a line for systemd, alone or together.
  for (const line of text.split(/[\n\r\0]/)) {
    const name = /^\[(.*)\]$/.exec(line.trim())?.[1];
    if (name === '__proto__') section = emptyRecord();
    else if (name !== undefined) section = spec[name] ??= emptyRecord();
    else addLine(section, line);
  }
  const { 'X-Mosaic': mark, ...rest } = spec;
  return { spec: rest, mark: mark === undefined ? undefined : readMark(mark, text), hash: shortHash(text) };
}

type Section = Record<string, string | string[]>;

/**
 * Without a prototype: whoever edits a unit may call a section or a key `constructor`. `__proto__` is left out, so that
 * no document can hold it; that there was an edit is told all the same.
 */
const emptyRecord = <T>(): Record<string, T> => Object.create(null);

function addLine(section: Section, line: string): void {
  const at = line.indexOf('=');
  if (at < 1 || /^\s*[#;]/.test(line)) return;
  const key = line.slice(0, at).trim();
  if (key === '__proto__') return;
  const value = line.slice(at + 1).trim();
  const before = section[key];
  section[key] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
}

function readMark(mark: Section, text: string): UnitMark | undefined {
  const { Fleet: fleet, Home: home } = mark;
  if (typeof fleet !== 'string' || typeof home !== 'string') return undefined;
  const body = text.slice(0, text.indexOf('[X-Mosaic]'));
  return { fleet, home: readUnitWord(home), handEdited: text !== withMark(body, fleet, home) };
}

/** One quoted word of a unit's command line: `\`, `"`, `%` and `$` keep their own meaning (systemd.service(5)). */
export const unitWord = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`;

/** The text of a word that {@link unitWord} has written, or of one without quotes. */
export const readUnitWord = (word: string): string =>
  word
    .replace(/^"|"$/g, '')
    .replaceAll('$$', '$')
    .replaceAll('%%', '%')
    .replaceAll('\\"', '"')
    .replaceAll('\\\\', '\\');
