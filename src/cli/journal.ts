import { createJournal, JOURNAL_BYTES, type Journal } from '../host/journal.ts';
import type { FleetName } from '../model/names.ts';
import type { Place } from './context.ts';
import type { Output } from './options.ts';

/** Where it is kept what commands did to a fleet and said to its agents. */
export const journalPath = ({ home }: Pick<Place, 'home'>, fleet: FleetName): string =>
  `${home}/state/${fleet}/journal.jsonl`;

/** That journal, to write into; what goes wrong is said once, and keeps nobody from the rest. */
export const openJournal = (place: Place, fleet: FleetName, output: Output): Journal =>
  createJournal(journalPath(place, fleet), {
    maxBytes: JOURNAL_BYTES,
    onFailure: (error) => output.note(`warning: ${error.message}`),
  });
