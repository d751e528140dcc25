import type { Fleet } from '../../src/model/fleet.ts';
import { agentUnit } from '../../src/model/names.ts';
import type { Stage } from './stage.ts';

/** What may have happened to a machine. `at` says to which of the things it can happen to; none is no mischief. */
export type Mischief = (stage: Stage, fleet: Fleet, at: number) => void;

export const pick = <T>(list: readonly T[], at: number): T | undefined => list[at % Math.max(1, list.length)];

/** Allows that something is left undone for good, and for these reasons alone. */
export function allow({ reasons }: Pick<Stage, 'reasons'>, ...found: readonly string[]): void {
  for (const reason of found) reasons.add(reason);
}

export const unitsOf = (fleet: Fleet): readonly string[] => fleet.agents.map(({ name }) => agentUnit(fleet.name, name));
export const namesOf = (fleet: Fleet): readonly string[] => fleet.agents.map(({ name }) => name);
