import { FleetError } from '../../../model/error.ts';
import { agentOfUnit, fleetUnits } from '../../../model/names.ts';
import { followUnits } from '../../../host/unit-follower.ts';
import { systemClock } from '../../../host/clock.ts';
import type { Bell } from '../../../reconciler/watch/loop.ts';
import type { Output } from '../../options.ts';
import { openScreen, type Screen } from '../../screen.ts';
import { interruptSignal, noteInterrupt } from '../../signals.ts';
import { printable } from '../../view/printable.ts';
import { changeJson, changeText, statusChanges, statusParts, type StatusParts } from '../../view/status-changes.ts';
import { createBell } from '../../watch/bell.ts';
import type { StatusLine } from '../../view/status.ts';
import type { StatusNow } from './status.ts';

/** Where a status that is looked at again and again goes to. */
interface Viewer {
  readonly show: (now: StatusNow) => void;
  /** The machine did not answer; what was shown before may be wrong by now. */
  readonly trouble: (error: FleetError) => void;
  readonly close: () => void;
}

type Looking = () => Promise<StatusNow>;

const LOOK_EVERY_MS = 2000;
/** One start of an agent makes several signals. */
const GATHER_MS = 150;

/** Looks again whenever the user manager says that something happened, and every two seconds. Ends when told to. */
export async function watchStatus(look: Looking, output: Output): Promise<number> {
  const first = await look();
  const bell = createBell();
  const stop = (): void => bell.ring('stop');
  interruptSignal('').addEventListener('abort', stop);
  const viewer = openViewer(output, stop);
  const units = await listen(first, () => bell.ring('event'));
  try {
    viewer.show(first);
    while (await isTimeToLook(bell)) await lookAgain(look, viewer);
  } finally {
    units.close();
    viewer.close();
  }
  return 0;
}

async function lookAgain(look: Looking, viewer: Viewer): Promise<void> {
  try {
    viewer.show(await look());
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    viewer.trouble(error);
  }
}

/** False when it is time to end. What rings while signals are gathered is part of the same. */
async function isTimeToLook(bell: Bell): Promise<boolean> {
  if ((await bell.rest(LOOK_EVERY_MS)) === 'event') await systemClock.sleep(GATHER_MS);
  return (await bell.rest(0)) !== 'stop';
}

/** Without a bus, the looks every two seconds are all there is. */
function listen({ fleet, busAddress: address }: StatusNow, wake: () => void): ReturnType<typeof followUnits> {
  const { server, target, watch } = fleetUnits(fleet);
  const fixed: ReadonlySet<string> = new Set([server, target, watch]);
  const isOurs = (unit: string): boolean => fixed.has(unit) || agentOfUnit(fleet, unit) !== undefined;
  const silent = (): void => undefined;
  return followUnits({ address, isOurs, wake, clock: systemClock, lost: silent, found: silent });
}

function openViewer(output: Output, quit: () => void): Viewer {
  if (output.json || !process.stdout.isTTY || process.env['TERM'] === 'dumb') return lineViewer(output);
  const interrupt = (): void => {
    noteInterrupt();
    quit();
  };
  const paint = (line: string): string => output.paint(line, 'answer');
  return pageViewer(openScreen(process.stdout, { input: process.stdin, keys: { quit, interrupt }, paint }));
}

function pageViewer(screen: Screen): Viewer {
  let page: readonly StatusLine[] = [];
  return {
    show: ({ lines }) => {
      page = lines;
      screen.paint(page);
    },
    trouble: ({ message }) => screen.paint([...page, { text: `cannot look: ${printable(message)}`, rank: 0 }]),
    close: screen.close,
  };
}

/** A line for each change, so that a script can read on; the first look tells everything. */
function lineViewer(output: Output): Viewer {
  let before: StatusParts = new Map();
  let said = '';
  return {
    show: ({ data, fleet }) => {
      const at = new Date(systemClock.nowMs()).toISOString().replace(/\.\d+Z$/, 'Z');
      const now = statusParts(data);
      for (const change of statusChanges(before, now)) {
        process.stdout.write(`${output.json ? changeJson(change, at, fleet) : changeText(change, at)}\n`);
      }
      before = now;
      said = '';
    },
    trouble: ({ message }) => {
      if (message !== said) output.note(`warning: cannot look: ${message}`);
      said = message;
    },
    close: () => undefined,
  };
}
