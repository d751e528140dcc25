interface Hazard {
  readonly before: readonly [number, number];
  readonly text: string;
}

/** Known dangers of tmux versions, and what mosaic does about each (tmux CHANGES and issues; measured). */
const HAZARDS: readonly Hazard[] = [
  {
    before: [3, 4],
    text: 'before 3.4 a paste into a dead pane ends the whole server: mosaic keeps remain-on-exit off and checks the pane first',
  },
];

/** What to know of a tmux version such as `3.3a`. A development version counts as newer than all. */
export function tmuxHazards(version: string): { readonly supported: boolean; readonly hazards: readonly string[] } {
  const [, major, minor, letter = ''] = /^(?:next-)?(\d+)\.(\d+)([a-z]?)/.exec(version) ?? [];
  if (major === undefined) return { supported: /^(master|openbsd)/.test(version), hazards: [] };
  const number = [Number(major), Number(minor)] as const;
  const isBefore = ([a, b]: readonly [number, number]): boolean => number[0] < a || (number[0] === a && number[1] < b);
  const supported = !isBefore([3, 3]) && !(number[0] === 3 && number[1] === 3 && letter === '');
  return { supported, hazards: HAZARDS.filter(({ before }) => isBefore(before)).map(({ text }) => text) };
}
