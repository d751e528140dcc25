import type { FileReader } from '../model/host.ts';
import type { FleetName } from '../model/names.ts';
import { fleetDirectory } from '../providers/files/client.ts';

/** What became of an agent's process, as its helper wrote it down: whoever had started or ended it. */
export interface AgentEvent {
  readonly agent: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly kind: 'started' | 'ended';
  readonly text: string;
}

const MAX_BYTES = 256 * 1024;

/** Of at most 15 digits: a date ends before 16 do. */
const LINE =
  /^at=(\d{1,15}) (start program=(command|resume)|end (code|signal)=(\w{1,16}) asked=(none|stop)( lost=session)?)$/;

/** When an agent's runs ended, and whether somebody had asked for it; oldest first. */
export function readEnds(
  files: FileReader,
  home: string,
  fleet: FleetName,
  agent: string,
): readonly { readonly at: number; readonly asked: boolean }[] {
  return linesOf(files, home, fleet, agent).flatMap((line) => {
    const [, at, , , how, , asked] = LINE.exec(line) ?? [];
    return how === undefined ? [] : [{ at: Number(at), asked: asked === 'stop' }];
  });
}

const linesOf = (files: FileReader, home: string, fleet: FleetName, agent: string): readonly string[] =>
  (files.read(`${fleetDirectory(home, fleet)}/record/${agent}/events`, MAX_BYTES) ?? '').split('\n');

/** What a line of the agent's events tells; nothing, where it is torn or not the helper's. */
export function eventOf(agent: string, line: string): AgentEvent | undefined {
  const [, at, what = '', program, how, value = '', asked, lost] = LINE.exec(line) ?? [];
  if (at === undefined) return undefined;
  if (what.startsWith('start')) return { agent, at: Number(at), kind: 'started', text: `with its ${program ?? ''}` };
  const exit = how === 'signal' ? `by SIG${value}` : `with exit code ${value}`;
  // The code is the helper's own: of the agent's end nobody could be told.
  const [end, alone] = lost === undefined ? [exit, ', by itself'] : ['as its session was ended from outside', ''];
  const why = asked === 'stop' ? ', as it was asked to stop' : alone;
  return { agent, at: Number(at), kind: 'ended', text: `${end}${why}` };
}
