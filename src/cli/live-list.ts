import type { Step } from '../reconciler/execute.ts';
import type { Change } from '../model/plan.ts';
import type { Output } from './options.ts';
import { sizeOf } from './terminal-size.ts';
import { beginning } from './view/printable.ts';
import { createProgress } from './view/progress.ts';
import { stepLine } from './view/step.ts';

/** Tells the story of an apply while it happens. */
export interface Story {
  readonly begin: (changes: readonly Change[]) => void;
  readonly step: (step: Step) => void;
  /** Leaves what was told last on the screen. */
  readonly end: () => void;
}

/** A line per finished step: for pipes, logs and dumb terminals. */
const plainStory = ({ note }: Pick<Output, 'note'>): Story => ({
  begin: () => undefined,
  step: (step) => note(stepLine(step)),
  end: () => undefined,
});

/** The part of a terminal's stream that a live list needs. */
interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/** A list that is painted over itself; it never grows beyond the screen, so that it can. */
function liveStory(screen: Screen, { paint: coloured }: Pick<Output, 'paint'>): Story {
  const progress = createProgress();
  let painted = 0;
  const paint = (): void => {
    const { columns, rows } = sizeOf(screen);
    const lines = progress.lines(Math.max(3, Math.min(20, rows - 2)));
    const back = painted === 0 ? '' : `\u001b[${painted}A\r`;
    const painting = lines.map((line) => `${coloured(beginning(line, columns - 1), 'story')}${CLEAR_LINE}\n`).join('');
    // Last: at the top of a screen, tmux takes clearing all below for a screenful worth keeping in the history.
    screen.write(`${back}${painting}${CLEAR_BELOW}`);
    painted = lines.length;
  };
  return {
    begin: (changes) => {
      progress.begin(changes);
      paint();
    },
    step: (step) => {
      progress.step(step);
      paint();
    },
    end: paint,
  };
}

/** The live list on a terminal that can paint, else plain lines. */
export function openStory(screen: Screen, output: Pick<Output, 'note' | 'paint'>, env: NodeJS.ProcessEnv): Story {
  const canPaint = screen.isTTY === true && env['TERM'] !== 'dumb' && env['CI'] === undefined;
  return canPaint ? liveStory(screen, output) : plainStory(output);
}
