type State = 'ground' | 'escape' | 'control' | 'string';

/** Where a character leads, and what the terminal does at it. */
interface Move {
  readonly state: State;
  readonly act?: string;
}

/** What changes the order in which a reader sees the text around it. */
const REORDERING = /[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
const STRINGS_8BIT: ReadonlySet<number> = new Set([0x90, 0x98, 0x9d, 0x9e, 0x9f]);
const STRINGS_7BIT: ReadonlySet<string> = new Set(['P', 'X', ']', '^', '_']);
const STRING_ENDS: ReadonlySet<number> = new Set([0x07, 0x18, 0x1a, 0x9c]);

/**
 * All that a terminal in UTF-8 would do with this text beside showing characters, breaking lines and going to tab
 * stops; an SGR is `SGR` with its parameters. Written after ECMA-48 and the states of a VT500, not after what cleans.
 */
export function actsOf(text: string): readonly string[] {
  if (/\p{Surrogate}/u.test(text)) return ['half a character'];
  const acts: string[] = [];
  let state: State = 'ground';
  let parameters = '';
  for (const character of text) {
    const move: Move = MOVES[state](character, parameters);
    parameters = state === 'control' && move.state === 'control' ? `${parameters}${character}` : '';
    if (move.act !== undefined) acts.push(move.act);
    ({ state } = move);
  }
  return state === 'ground' ? acts : [...acts, `an open ${state}`];
}

const codeOf = (character: string): number => character.codePointAt(0) ?? 0;
const named = (character: string): string => `U+${codeOf(character).toString(16).toUpperCase().padStart(4, '0')}`;

function ground(character: string): Move {
  const code = codeOf(character);
  if (code === 0x09 || code === 0x0a) return { state: 'ground' };
  if (code === 0x1b) return { state: 'escape' };
  if (code === 0x9b) return { state: 'control' };
  if (STRINGS_8BIT.has(code)) return { state: 'string' };
  const isControl = code < 0x20 || (code >= 0x7f && code < 0xa0);
  return isControl || REORDERING.test(character) ? { state: 'ground', act: named(character) } : { state: 'ground' };
}

function escape(character: string): Move {
  const code = codeOf(character);
  if (character === '[') return { state: 'control' };
  if (STRINGS_7BIT.has(character)) return { state: 'string' };
  if (code >= 0x20 && code < 0x30) return { state: 'escape' };
  return code >= 0x30 && code < 0x7f ? { state: 'ground', act: `ESC ${character}` } : broken(character);
}

function control(character: string, parameters: string): Move {
  const code = codeOf(character);
  if (code >= 0x20 && code < 0x40) return { state: 'control' };
  if (code < 0x40 || code >= 0x7f) return broken(character);
  const isColour = character === 'm' && /^[0-9;:]*$/.test(parameters);
  return { state: 'ground', act: isColour ? `SGR ${parameters}` : `CSI ${parameters}${character}` };
}

function string(character: string): Move {
  if (STRING_ENDS.has(codeOf(character))) return { state: 'ground', act: 'a string' };
  return character === '\u001b' ? { state: 'escape', act: 'a string' } : { state: 'string' };
}

/** A sequence that ends in what cannot be part of it. */
const broken = (character: string): Move => ({ ...ground(character), act: `a broken sequence, ${named(character)}` });

const MOVES: Readonly<Record<State, (character: string, parameters: string) => Move>> = {
  ground,
  escape,
  control,
  string,
};
