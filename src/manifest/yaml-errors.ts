import type { YAMLError } from 'yaml';
import type { Problem } from './report.ts';

/** A complaint of the YAML parser in this project's words; the parser's own may quote the manifest's contents. */
export function yamlProblem(error: YAMLError): Problem {
  const found = TEXTS.find(([code, pattern]) => code === error.code && (pattern?.test(error.message) ?? true));
  const [, , message, hint] = found ?? FALLBACK;
  return { code: 'E_YAML', message, hint };
}

const QUOTE = "Put the text in quotes: 'like this'.";
const FLOW = 'Write {key: value, key: value} or [item, item].';

type Row = readonly [code: string, pattern: RegExp | undefined, message: string, hint: string];

const FALLBACK: Row = [
  '',
  undefined,
  'this does not fit here',
  `Check the line above; text with special characters needs quotes.`,
];

/** Open quotes and brackets, missing commas and depth are refused before the parser sees them. */
const TEXTS: readonly Row[] = [
  ['TAB_AS_INDENT', undefined, 'a tab cannot indent', 'Use spaces.'],
  ['BAD_INDENT', undefined, 'the indentation fits no line above', 'Align keys of one map, and items of one list.'],
  ['BAD_SCALAR_START', undefined, 'plain text cannot begin with this character', QUOTE],
  [
    'BAD_DQ_ESCAPE',
    undefined,
    'this is no escape of double quotes',
    'Write \\\\ for a backslash, or use single quotes.',
  ],
  ['BLOCK_AS_IMPLICIT_KEY', /compact/, 'a second `: ` on one line', QUOTE],
  ['BLOCK_AS_IMPLICIT_KEY', undefined, 'a list cannot be a key', 'Write the key first, then `:`.'],
  ['BLOCK_IN_FLOW', undefined, 'inside [ ] and { } everything is written with brackets and commas', FLOW],
  ['KEY_OVER_1024_CHARS', undefined, 'a key is longer than 1024 characters', QUOTE],
  [
    'MULTILINE_IMPLICIT_KEY',
    undefined,
    'a key and its `:` must be on one line',
    'Add the `:`, or put the text in quotes.',
  ],
  ['MISSING_CHAR', /followed by map values/, 'a `:` is missing after this key', 'Write `key: value`.'],
  ['MISSING_CHAR', /^Comments/, 'a space is missing before `#`', `${QUOTE} Or put a space before the comment.`],
  [
    'MISSING_CHAR',
    /^Sequence item/,
    'this line is not an item of the list above',
    'Begin it with `- `, or align it with its key.',
  ],
];
