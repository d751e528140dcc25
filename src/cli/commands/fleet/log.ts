import { FleetError } from '../../../model/error.ts';
import { plainJson } from '../../../model/plain-json.ts';
import type { JsonObject } from '../../../model/resource.ts';
import { systemClock } from '../../../host/clock.ts';
import { requireAgents } from '../../agent-names.ts';
import { openPlace } from '../../context.ts';
import { openFleetLog, type FleetLog, type LogEntry } from '../../fleet-log.ts';
import { isNamedInVain, loadFleetOrInstalled } from '../../installed.ts';
import { NOT_TO_FOLLOW } from '../../named-file.ts';
import { createOutput, type CommonOptions, type Output } from '../../options.ts';
import { interruptSignal } from '../../signals.ts';
import { sinceMs } from '../../since.ts';
import { createBell } from '../../watch/bell.ts';

export interface LogOptions extends CommonOptions {
  readonly lines?: string;
  readonly since?: string;
  readonly follow?: boolean;
}

/** So many where nobody says how far back. */
const LINES = 50;

/** What was started, ended or changed, when, why, and who asked; what systemd started again, too. Oldest first. */
export async function run(agents: readonly string[], options: LogOptions): Promise<number> {
  const output = createOutput(options);
  const wish = readWish(options);
  const place = await openPlace(options);
  const { fleet } = await loadFleetOrInstalled(options, place, output).catch((error: unknown) =>
    tellOfFollow(error, options),
  );
  const log = openFleetLog(place, fleet.name);
  const gone = log.agents().map((name) => ({ name }));
  requireAgents({ name: fleet.name, agents: [...fleet.agents, ...gone] }, agents);
  if (options.follow === true) return follow(log, agents, { wish, output });
  const entries = chosen(log.news(agents), wish);
  output.text(entries.length === 0 ? nothingText(options) : entries.map(({ text }) => text).join('\n'));
  output.data(logJson(entries));
  return 0;
}

interface Wish {
  readonly count: number;
  readonly fromMs: number;
}

/** Who says since when wants all of it. */
function readWish({ lines, since, follow: isFollowed }: LogOptions): Wish {
  const isCount = lines === undefined || (/^\d{1,6}$/.test(lines) && (Number(lines) > 0 || isFollowed === true));
  const range = '1 to 999999 (with --follow also 0)';
  if (!isCount) throw new FleetError('E_USAGE', `-n takes a number of lines, ${range}, not ${JSON.stringify(lines)}`);
  return {
    count: lines === undefined ? (since === undefined ? LINES : Infinity) : Number(lines),
    fromMs: since === undefined ? -Infinity : sinceMs(since, systemClock.nowMs()),
  };
}

function tellOfFollow(error: unknown, options: LogOptions): never {
  if (!(error instanceof FleetError) || !isNamedInVain(error, options)) throw error;
  throw new FleetError(error.code, error.message, { hint: NOT_TO_FOLLOW, cause: error });
}

function chosen(entries: readonly LogEntry[], { count, fromMs }: Wish): readonly LogEntry[] {
  const recent = entries.filter(({ at }) => at >= fromMs);
  return recent.slice(Math.max(0, recent.length - count));
}

const nothingText = ({ since }: LogOptions): string =>
  since === undefined ? 'Nothing was recorded yet.' : `Nothing was recorded since ${since}.`;

const logJson = (entries: readonly LogEntry[]): JsonObject => ({
  formatVersion: '1.0',
  records: entries.flatMap(({ record }) => record ?? []),
  events: entries.flatMap(({ event }) => (event === undefined ? [] : [{ ...event }])),
});

const LOOK_EVERY_MS = 500;

interface Following {
  readonly wish: Wish;
  readonly output: Output;
}

/** Tells what is there and then what comes, a line or a JSON object each, until it is told to end. */
async function follow(log: FleetLog, agents: readonly string[], { wish, output }: Following): Promise<number> {
  const bell = createBell();
  interruptSignal('').addEventListener('abort', () => bell.ring('stop'));
  tell(chosen(log.news(agents), wish), output);
  while ((await bell.rest(LOOK_EVERY_MS)) !== 'stop') tell(log.news(agents), output);
  return 0;
}

/** Each object is a log of its own, of one entry. */
function tell(entries: readonly LogEntry[], output: Output): void {
  for (const entry of entries) {
    if (output.json) process.stdout.write(`${plainJson(logJson([entry]))}\n`);
    else output.text(entry.text);
  }
}
