import { shortHash } from '../../host/digest.ts';

/**
 * Our mark inside a text file: `# mosaic: v1 OWNER HASH`, on the first line, or on the second below a `#!` line.
 * HASH is that of the text without the mark, so an edit by hand shows.
 */
const MARK = /^# mosaic: v1 (\S+) ([0-9a-f]{16})\n/m;

export interface Mark {
  readonly owner: string;
  readonly handEdited: boolean;
}

/** Adds our mark to a text file. `owner` is a fleet's name, or `home` for what all fleets of a home share. */
export function withMark(text: string, owner: string): string {
  const mark = `# mosaic: v1 ${owner} ${shortHash(text)}\n`;
  if (!text.startsWith('#!')) return mark + text;
  const end = text.indexOf('\n') + 1;
  return text.slice(0, end) + mark + text.slice(end);
}

/** The mark of a text file, or undefined when it has none where a mark belongs. */
export function readMark(text: string): Mark | undefined {
  const head = text.startsWith('#!') ? text.indexOf('\n') + 1 : 0;
  const found = MARK.exec(text);
  if (found === null || found.index !== head) return undefined;
  const body = text.slice(0, head) + text.slice(head + found[0].length);
  return { owner: found[1] ?? '', handEdited: shortHash(body) !== found[2] };
}

/** Items `key=value`, each ended by NUL; the first names kind, owner and the hash of the rest. */
export function renderItems(kind: 'server' | 'launch', owner: string, items: readonly string[]): string {
  const body = items.map((item) => `${item}\0`).join('');
  return `mosaic=${kind} v1 ${owner} ${shortHash(body)}\0${body}`;
}

export interface Items extends Mark {
  readonly items: readonly (readonly [key: string, value: string])[];
}

/** Reads what {@link renderItems} wrote; undefined when it is not such a file. */
export function parseItems(kind: 'server' | 'launch', text: string): Items | undefined {
  const end = text.indexOf('\0');
  const [, seenKind, owner, hash] = /^mosaic=(\w+) v1 (\S+) ([0-9a-f]{16})$/.exec(text.slice(0, end)) ?? [];
  if (end < 0 || seenKind !== kind || owner === undefined) return undefined;
  const body = text.slice(end + 1);
  const items = body
    .split('\0')
    .slice(0, -1)
    .map((item): [string, string] => {
      const at = item.indexOf('=');
      return [item.slice(0, at), item.slice(at + 1)];
    });
  return { owner, handEdited: shortHash(body) !== hash, items };
}

/** A word of POSIX shell that stands for exactly this text. */
export const shellWord = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
