import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { eventually } from '../support/harness.ts';
import { fields, makeFleet, type AgentSettings, type HelperFleet } from './helper-fleet.ts';

/** What a reporting agent was started with; Latin-1 text stands for bytes. */
export interface Report {
  readonly argv: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly umask: number;
  readonly leadsForeground: boolean;
}

let agents = 0;

/** A fleet written by hand for all tests of a file, handed out before the first. */
export function fleetByHand(handOut: (fleet: HelperFleet) => void): void {
  let fleet: HelperFleet;
  beforeAll(() => {
    fleet = makeFleet();
    handOut(fleet);
  });
  afterAll(() => {
    fleet.destroy();
  });
}

/** The absolute path of one of the tiny programs that stand for agents. */
export const fixture = (name: string): string => resolve('test/fixtures/bin', name);

/** Adds an agent under a new name, starts it, and gives the name. */
export function startAgent(fleet: HelperFleet, settings: AgentSettings): string {
  const name = `a${(agents += 1)}`;
  fleet.add({ [name]: settings });
  expect(fleet.systemctl('start', name)).toMatchObject({ code: 0 });
  return name;
}

/** Starts an agent that reports what it was started with, and gives its name and the report. */
export async function startReporter(
  fleet: HelperFleet,
  settings: Partial<AgentSettings>,
  words: readonly string[] = [],
): Promise<{ readonly name: string; readonly report: Report }> {
  const target = join(fleet.scratch, `report-${(agents += 1)}`);
  const name = startAgent(fleet, { argv: [process.execPath, fixture('report.mjs'), target, ...words], ...settings });
  await eventually(() => existsSync(target));
  return { name, report: JSON.parse(readFileSync(target, 'utf8')) };
}

/** Starts an agent that cannot start, checks that it is not tried again, and gives its name and its fault. */
export function startFaulty(
  fleet: HelperFleet,
  settings: AgentSettings,
): { readonly name: string; readonly fault: string | undefined } {
  const name = `a${(agents += 1)}`;
  fleet.add({ [name]: { unit: 'Restart=on-failure', ...settings } });
  fleet.systemctl('start', name);
  const facts = ['ActiveState', 'ExecMainStatus', 'NRestarts'].map((property) => fleet.show(name, property));
  expect(facts).toEqual(['failed', '72', '0']);
  expect(fleet.record(name, 'exit')).toBeUndefined();
  const fault = fleet.record(name, 'fault')?.trimEnd();
  expect(fleet.show(name, 'StatusText')).toBe(fault);
  return { name, fault };
}

/** Waits until the agent's screen shows a text. */
export async function screenShows(fleet: HelperFleet, agent: string, text: string): Promise<void> {
  await eventually(() => expect(fleet.tmux('capture-pane', '-p', '-t', `=${agent}:`).out).toContain(text));
}

/** Waits until the agent's unit has ended for good, and gives its record of the exit. */
export async function exitOf(fleet: HelperFleet, agent: string): Promise<Readonly<Record<string, string>>> {
  await eventually(() => expect(fleet.show(agent, 'ActiveState')).toMatch(/^(inactive|failed)$/));
  return fields(fleet.record(agent, 'exit'));
}
