import type { Condition } from '../../model/plan.ts';
import type { JsonObject } from '../../model/resource.ts';
import { openLog, type LogLevel } from '../../host/log.ts';
import type { Step } from '../../reconciler/execute.ts';
import { isSame } from '../../reconciler/watch/conditions.ts';
import type { Memory } from '../../reconciler/watch/memory.ts';
import type { PassReport } from '../../reconciler/watch/pass.ts';
import { sizeOf } from '../terminal-size.ts';
import { printable } from '../view/printable.ts';
import { stepLine } from '../view/step.ts';
import { wrapped } from '../view/wrapped.ts';

type Level = Exclude<LogLevel, 'silent'>;

/** What a watcher tells while it works, each line with the number of its pass. */
export interface Story {
  readonly say: (level: Level, text: string, fields?: JsonObject) => void;
  /** The lines that follow belong to the next pass. */
  readonly nextPass: () => void;
}

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3, silent: 4 };

/** Below that, a word a line reads worse than what the terminal breaks. */
const MIN_ROOM = 20;

/** Lines for people on a terminal, painted there; JSON for the journal and for scripts, where there is no such painting. */
export async function openStory(level: LogLevel, paint: ((text: string) => string) | undefined): Promise<Story> {
  const log = await openLog(paint === undefined ? level : 'silent');
  let pass = 0;
  const line = (text: string, painted: (text: string) => string): void => {
    const head = `${new Date().toTimeString().slice(0, 8)} #${pass} `;
    const room = Math.max(MIN_ROOM, sizeOf(process.stderr).columns - head.length);
    for (const row of text.split('\n').filter((one) => one !== '')) {
      const fitted = painted(wrapped(printable(row), room));
      process.stderr.write(`${head}${fitted.replaceAll('\n', `\n${' '.repeat(head.length)}`)}\n`);
    }
  };
  return {
    nextPass: () => void (pass += 1),
    say: (rank, text, fields = {}) => {
      if (paint === undefined) log[rank](text, { pass, ...fields });
      else if (RANK[rank] >= RANK[level]) line(text, paint);
    },
  };
}

/** A step as it ends. What failed is told once, with when it is tried again, when the pass is over. */
export const tellStep = (story: Story, step: Step): void =>
  story.say(step.result === 'done' ? 'info' : 'debug', stepLine(step), { address: step.change.address });

/** What a pass brought that was not so before it; nothing, when all is as it was. */
export function tellPass(story: Story, before: Memory, { memory, steps, news }: PassReport, nowMs: number): void {
  if (news !== undefined) {
    const again = `tried again in ${seconds(news.untilMs - nowMs)}`;
    story.say(news.isLocked ? 'info' : 'error', `${news.message}; ${again}`, { code: news.code });
  }
  for (const group of new Set(steps.map(({ change }) => change.group))) {
    const entry = memory.queue[group];
    if (entry !== undefined && entry.untilMs > nowMs)
      story.say('warn', `${group}: ${entry.message}; tried again in ${seconds(entry.untilMs - nowMs)}`, { group });
  }
  tellConditions(story, '', before.conditions.fleet, memory.conditions.fleet);
  if (memory.trouble !== undefined) return;
  for (const [agent, now] of Object.entries(memory.conditions.agents))
    tellConditions(story, `${agent}: `, before.conditions.agents[agent] ?? [], now);
}

const seconds = (ms: number): string => `${Math.max(1, Math.round(ms / 1000))} s`;

/** News is what was not so before, and that something is over. Of an agent that was well all along nothing is said. */
function tellConditions(story: Story, subject: string, before: readonly Condition[], now: readonly Condition[]): void {
  const isNews = (one: Condition): boolean =>
    !before.some((old) => isToldBy(old, one)) &&
    one.reason !== STARTING &&
    (!isWell(one) || subject === '' || before.some(({ type }) => type === one.type));
  for (const one of now.filter(isNews)) {
    const text = `${subject}${one.type}: ${one.status === 'True' ? '' : `${one.status}, `}${one.message}`;
    const isGood = isWell(one) || one.type === 'Reconciling';
    story.say(isGood ? 'info' : 'warn', text, { condition: one.type, status: one.status, reason: one.reason });
  }
  const isOver = ({ type, reason }: Condition): boolean =>
    reason !== STARTING && now.every((one) => one.type !== type && !isMore(one, type));
  for (const { type } of before.filter(isOver))
    story.say('info', `${subject}${type}: no longer`, { condition: type, status: 'False' });
}

/** The agents on their way up say so themselves. */
const STARTING = 'Starting';

/** Past its start limit it is down: that it ended often is no news, and not over. */
const isMore = ({ type }: Condition, than: string): boolean => type === 'CrashLoop' && than === 'Flapping';

/** What is not ready for another reason is still not ready: the condition that is the reason tells of it. */
function isToldBy(old: Condition, one: Condition): boolean {
  if (OF_MANIFEST.has(one.type)) return isSame(old, one) && old.message === one.message;
  return one.type === 'Ready' ? old.type === 'Ready' && old.status === one.status : isSame(old, one);
}

/** Each mistake in the manifest is one to be corrected. */
const OF_MANIFEST: ReadonlySet<string> = new Set(['ManifestInvalid', 'ManifestExposed']);

const isWell = ({ type, status }: Condition): boolean => type === 'Ready' && status === 'True';
