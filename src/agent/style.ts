/** The colours and attributes a terminal writes with: a parameter of SGR (ECMA-48 8.3.117) by what it sets. */
export type Style = Readonly<Record<string, string>>;

export const PLAIN: Style = {};

/** The style after one `ESC [ PARAMS m`. What is no known attribute, or hides text, changes nothing. */
export function applySgr(style: Style, params: string): Style {
  if (!/^[0-9;:]{0,256}$/.test(params)) return style;
  const codes = params.split(';');
  let now: Style = style;
  for (let at = 0; at < codes.length;) {
    const { taken, change } = readCode(codes, at);
    now = change(now);
    at += taken;
  }
  return now;
}

/** Resets what was before and sets exactly this style; never anything but `ESC [`, digits, `;`, `:` and `m`. */
export const sgrOf = (style: Style): string =>
  `\u001b[${['0', ...Object.values(style).filter((code) => code !== '')].join(';')}m`;

export const sameStyle = (a: Style, b: Style): boolean => a === b || sgrOf(a) === sgrOf(b);

interface Code {
  /** How many parameters it took. */
  readonly taken: number;
  readonly change: (style: Style) => Style;
}

const set =
  (slot: string, code: string) =>
  ({ [slot]: _old, ...others }: Style): Style => ({ ...others, [slot]: code });

const unset =
  (...slots: readonly string[]) =>
  (style: Style): Style =>
    Object.fromEntries(Object.entries(style).filter(([slot]) => !slots.includes(slot)));

const ignored = (taken: number): Code => ({ taken, change: (style) => style });

const EXTENDED: Readonly<Record<string, string>> = { 38: 'text', 48: 'ground', 58: 'line-colour' };

function readCode(codes: readonly string[], at: number): Code {
  const code = codes[at] ?? '';
  const [main = '', ...parts] = code.split(':');
  const slot = EXTENDED[main];
  if (slot !== undefined) return parts.length > 0 ? colonColour(slot, code) : extendedColour(slot, codes.slice(at));
  if (main === '4' && parts.length > 0) return /^4:[0-5]$/.test(code) ? one(set('underline', code)) : ignored(1);
  return parts.length > 0 ? ignored(1) : one(simple(code === '' ? 0 : Number(code)));
}

const one = (change: Code['change']): Code => ({ taken: 1, change });

const isByte = (text: string | undefined): boolean => /^\d{1,3}$/.test(text ?? '') && Number(text) <= 255;

/** `38;5;N` and `38;2;R;G;B`. */
function extendedColour(slot: string, codes: readonly string[]): Code {
  const length = codes[1] === '5' ? 3 : codes[1] === '2' ? 5 : 2;
  const used = codes.slice(0, length);
  const isSound = length > 2 && used.length === length && used.slice(2).every(isByte);
  return isSound ? { taken: length, change: set(slot, used.join(';')) } : ignored(length);
}

/** `38:5:N`, `38:2:R:G:B` and `38:2::R:G:B`. */
function colonColour(slot: string, code: string): Code {
  const [, kind, ...values] = code.split(':');
  const numbers = values.length === 4 && values[0] === '' ? values.slice(1) : values;
  const isSound = numbers.length === (kind === '5' ? 1 : kind === '2' ? 3 : -1) && numbers.every(isByte);
  return isSound ? one(set(slot, code)) : ignored(1);
}

/** Attributes of one number; 8 is left out, it writes what nobody can read. */
const SIMPLE: Readonly<Record<number, Code['change']>> = {
  0: () => PLAIN,
  1: set('bold', '1'),
  2: set('faint', '2'),
  3: set('italic', '3'),
  4: set('underline', '4'),
  5: set('blink', '5'),
  7: set('reverse', '7'),
  9: set('strike', '9'),
  21: set('underline', '21'),
  22: unset('bold', 'faint'),
  23: unset('italic'),
  24: unset('underline'),
  25: unset('blink'),
  27: unset('reverse'),
  29: unset('strike'),
  39: unset('text'),
  49: unset('ground'),
  53: set('overline', '53'),
  55: unset('overline'),
  59: unset('line-colour'),
};

function simple(code: number): Code['change'] {
  const known = SIMPLE[code];
  if (known !== undefined) return known;
  const tens = Math.floor(code / 10);
  if (![3, 4, 9, 10].includes(tens) || code % 10 > 7) return (style) => style;
  return set(tens === 3 || tens === 9 ? 'text' : 'ground', String(code));
}
