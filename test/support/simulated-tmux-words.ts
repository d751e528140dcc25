/** What our client writes of tmux's own language, and how tmux reads it. */

export type Values = Readonly<Record<string, string>>;

/** `#{name}`, and `#{=N;s|PATTERN|TO|:name}`: the first N characters, then the substitution. */
export const expand = (format: string, values: Values): string =>
  format.replaceAll(/#\{([^}]*)\}/g, (_, inner: string) => {
    const cut = /^=(\d+);s\|([^|]*)\|([^|]*)\|:(.*)$/.exec(inner);
    if (cut === null) return values[inner] ?? '';
    const [, length, pattern = '', to = '', name = ''] = cut;
    return (values[name] ?? '').slice(0, Number(length)).replaceAll(new RegExp(pattern, 'g'), to);
  });

/** The commands of an argv: `;` alone ends one. */
export function split(argv: readonly string[]): readonly (readonly string[])[] {
  const at = argv.indexOf(';');
  if (at >= 0) return [argv.slice(0, at), ...split(argv.slice(at + 1))];
  return argv.length === 0 ? [] : [argv];
}

/** The words of a line of tmux's language as they stand there, as far as we write it: plain words, `'…'` and `\\'`. */
export const words = (line: string): readonly string[] => line.match(/(?:'[^']*'|\\.|[^\s'\\])+/g) ?? [];

/** What a word stands for. */
export const meaning = (word: string): string =>
  word.replaceAll(
    /'([^']*)'|\\(.)/g,
    (_, quoted: string | undefined, escaped: string | undefined) => quoted ?? escaped ?? '',
  );

export const sorted = (values: Values): Values =>
  Object.fromEntries(Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1)));
