import { FleetError } from '../../model/error.ts';
import type { Activity } from '../../model/observed.ts';
import type { FileReader } from '../../model/host.ts';
import { textOf, type Desired } from '../../model/resource.ts';
import { adapterOf } from '../../agent/adapters.ts';
import { nextTerminalSec, terminalWrittenSec } from '../../host/terminal.ts';
import { pathOf } from '../../providers/files/client.ts';
import { unitPathOf } from '../../providers/systemd/observe.ts';
import type { Engine, Look } from '../../reconciler/pass.ts';

/** What is looked at between passes costs no program while nobody touches anything. */
const EVERY_MS = 2000;
const JITTER_MS = 500;
/** Files change seldom, and a fleet has many: they have their turn less often. */
const FILES_EVERY = 3;

export interface PeekPorts {
  readonly engine: Pick<Engine, 'activity' | 'read'>;
  readonly random: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly nowMs: () => number;
  readonly writtenSec: typeof terminalWrittenSec;
  /** Something may have happened: look. */
  readonly wake: () => void;
}

/** Notices between passes what no event tells: our files in other hands, and an agent that begins to ask. */
export interface Peek {
  /** What the last pass saw is what the next peeks are held against. */
  readonly after: (seen: Look | undefined) => void;
}

/** Hints only, and never fails: what they miss the resync finds. */
export function startPeeking(ports: PeekPorts, signal: AbortSignal): Peek {
  let held: Held | undefined;
  const run = async (): Promise<void> => {
    for (let turn = 1; !signal.aborted; turn += 1) {
      await ports.sleep(EVERY_MS + JITTER_MS * ports.random(), signal).catch(() => undefined);
      const now = held;
      if (signal.aborted || now === undefined) continue;
      if (turn % FILES_EVERY === 0 && haveFilesChanged(now, ports.engine.read.files)) ports.wake();
      else if (await hasNeedChanged(now, ports)) ports.wake();
    }
  };
  void run();
  return {
    after: (seen) => {
      if (seen === undefined) return;
      const paths = placesOf(seen);
      held = {
        seen,
        paths,
        files: filesNow(paths, ports.engine.read.files),
        askers: askersOf(seen),
        read: held?.read ?? new Map(),
      };
    },
  };
}

interface Held {
  readonly seen: Look;
  readonly paths: readonly string[];
  /** When each of the files last changed. */
  files: readonly number[];
  /** Agents whose program is known to have dialogs. */
  readonly askers: readonly string[];
  /** When the screen of an agent was last read, and what its terminal's time was then. */
  readonly read: Map<string, { readonly atSec: number; readonly writtenSec: number }>;
}

/** Told once for each change. */
function haveFilesChanged(held: Held, reader: FileReader): boolean {
  const before = held.files;
  held.files = filesNow(held.paths, reader);
  return held.files.some((time, at) => time !== before[at]);
}

/** Every file, unit and link that the manifest asks for, where it is installed. */
function placesOf({ fleet, desired, observed }: Look): readonly string[] {
  const { home } = observed.host;
  const units = textOf(observed.facts['unitDirectory']);
  return desired.flatMap(({ address, provider }: Desired) => {
    if (provider === 'files') return pathOf(home, fleet.name, address);
    const isUnit = provider === 'systemd' && /^(unit|link)\./.test(address);
    return isUnit && units !== '' ? unitPathOf(units, fleet.name, address) : [];
  });
}

const filesNow = (paths: readonly string[], files: FileReader): readonly number[] =>
  paths.map((path) => changedMs(path, files));

/** The kernel sets it, also for what was moved here, and nobody sets it back. */
function changedMs(path: string, files: FileReader): number {
  try {
    return files.stat(path)?.ctimeMs ?? 0;
  } catch {
    return -1;
  }
}

/** Who may begin to ask; nobody, where nobody is to be called. */
const askersOf = ({ fleet }: Look): readonly string[] =>
  fleet.notify.length === 0
    ? []
    : fleet.agents
        .filter((agent) => {
          const { screen, title } = adapterOf(agent, fleet.adapters);
          return (screen.dialog ?? screen.setup ?? title?.dialog) !== undefined;
        })
        .map(({ name }) => name);

/** Does an agent that has written something since need a person, as it did not before, or no longer? */
async function hasNeedChanged(held: Held, { engine, nowMs, writtenSec }: PeekPorts): Promise<boolean> {
  const nowSec = nowMs() / 1000;
  const due = held.askers.flatMap((name) => {
    const written = writtenSec(panePid(held.seen, name) ?? 0);
    return written === undefined || !isDue(held.read.get(name), written, nowSec) ? [] : { name, written };
  });
  if (due.length === 0) return false;
  for (const { name, written } of due) held.read.set(name, { atSec: nowSec, writtenSec: written });
  const names = due.map(({ name }) => name);
  const reports = await activityOf(held.seen, engine, names);
  return names.some((name) => needOf(reports[name]?.state) !== needOf(held.seen.activity[name]?.state));
}

/** Once when it begins to write, and once when all that has the same time is there. */
const isDue = (
  last: { readonly atSec: number; readonly writtenSec: number } | undefined,
  writtenSec: number,
  nowSec: number,
): boolean => {
  if (last?.writtenSec !== writtenSec) return true;
  const settledSec = nextTerminalSec(writtenSec);
  return nowSec >= settledSec && last.atSec < settledSec;
};

function panePid({ observed }: Look, name: string): number | undefined {
  const session = observed.items[`session.${name}`];
  const pid = session?.state === 'present' && session.owner === 'fleet' ? session.spec['panePid'] : undefined;
  return typeof pid === 'number' ? pid : undefined;
}

const needOf = (state: Activity | undefined): string => (state === 'dialog' || state === 'setup' ? state : '');

async function activityOf(
  { fleet, observed }: Look,
  engine: PeekPorts['engine'],
  names: readonly string[],
): ReturnType<Engine['activity']> {
  try {
    return await engine.activity(fleet, observed, names);
  } catch (error) {
    if (error instanceof FleetError) return {};
    throw error;
  }
}
