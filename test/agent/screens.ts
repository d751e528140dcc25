import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Screen } from '../../src/agent/screen.ts';

const SCREENS = fileURLToPath(new URL('../fixtures/screens', import.meta.url));

export interface RecordedScreen {
  /** What it is expected to be taken for comes first: `busy-answering-80x24`. */
  readonly name: string;
  readonly screen: Screen;
}

/** The screens of that program as they were recorded, with where the cursor stood and what the title was. */
export function recordedScreens(program: string): readonly RecordedScreen[] {
  const directory = join(SCREENS, program);
  const facts = factsOf(readFileSync(join(directory, 'facts.tsv'), 'utf8'));
  return readdirSync(directory)
    .filter((file) => file.endsWith('.txt'))
    .map((file) => {
      const name = file.slice(0, -'.txt'.length);
      const [x = 0, y = 0, title = ''] = facts.get(name) ?? [];
      return { name, screen: screenOf(readFileSync(join(directory, file), 'utf8'), { cursor: { x, y }, title }) };
    });
}

/** A screen that shows this text. */
export const screenOf = (text: string, more: Partial<Screen> = {}): Screen => {
  const lines = text.trimEnd().split('\n');
  const cursor = { x: 0, y: lines.length - 1 };
  return { lines, cursor, lastOutputAtSec: 1000, inMode: false, inputOff: false, dead: false, ...more };
};

/** Lines of name, column, row and title. */
function factsOf(text: string): ReadonlyMap<string, readonly [x: number, y: number, title: string]> {
  const rows = text.trimEnd().split('\n');
  return new Map(
    rows.map((row) => {
      const [name = '', x, y, title = ''] = row.split('\t');
      return [name, [Number(x), Number(y), title]];
    }),
  );
}
