import { afterAll, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import type { Wishes } from '../support/simulated-fleet.ts';
import { live } from './lives.ts';
import { KINDS_OF_ERRORS, type Trouble } from './troubles.ts';
import type { World } from './worlds.ts';

/** `all` tries every trouble at every call; else each call has one of them. */
const ALL = process.env['MOSAIC_EVERY_CALL'] === 'all';

const agents = { coder: {}, tester: { env: { A: '1' }, limits: { tasksMax: 9 } } };
const alone = { coder: {}, tester: { env: { A: '1' } } };
const both = (supervisor: 'systemd' | 'tmux', more: Partial<Wishes> = {}): Wishes => ({
  supervisor,
  agents: supervisor === 'tmux' ? alone : agents,
  ...more,
});

/** What was applied before, and what is wanted now. */
const APPLIES: Readonly<Record<string, readonly [before: Wishes | undefined, wanted: Wishes]>> = {
  'a first apply': [undefined, both('systemd')],
  'a first apply without systemd': [undefined, both('tmux')],
  'a new command': [
    both('systemd'),
    both('systemd', { agents: { ...agents, coder: { command: ['/bin/cat', '-u'] } } }),
  ],
  'an agent less': [both('systemd'), both('systemd', { agents: { coder: {} } })],
  'an agent less without systemd': [both('tmux'), both('tmux', { agents: { coder: {} } })],
  'another socket': [both('systemd'), both('systemd', { tmux: { socket: 'sim-2' } })],
  'another supervisor': [both('systemd'), both('tmux')],
};

const errors = Array.from({ length: KINDS_OF_ERRORS }, (_, error) => error);
const ofOne = (way: Trouble['way'], forGood: boolean): readonly Omit<Trouble, 'at'>[] =>
  errors.map((error) => ({ way, error, forGood }));
const DEATHS = (['crash before', 'crash after'] as const).map((way) => ({ way, error: 0, forGood: false }));
const FAILURES = (['error', 'error after', 'partial', 'garbage'] as const).flatMap((way) => [
  ...ofOne(way, false),
  ...ofOne(way, true),
]);
const TROUBLES: readonly Omit<Trouble, 'at'>[] = [...DEATHS, ...FAILURES];

let lives = 0;

/** What does not hold in a life in which one call of the apply goes wrong; and how many calls it has. */
async function lifeOf(name: string, troubles: readonly Trouble[]): Promise<Awaited<ReturnType<typeof live>>> {
  const [before, wanted] = APPLIES[name] ?? [];
  if (wanted === undefined) throw new Error(`there is no ${name}`);
  const calm = { diedAt: 0, neighbour: false, mischief: [], late: [], activity: {} };
  const world: World = { before, wanted, ...calm, mode: 'apply', now: true, allowDelete: 9, troubles };
  lives += 1;
  return live(world);
}

afterAll(() => {
  const report = process.env['MOSAIC_PROOF_REPORT'];
  if (report !== undefined) writeFileSync(report, JSON.stringify({ lives }));
});

describe('an apply of which one call goes wrong', () => {
  it.each(Object.keys(APPLIES))(
    'heals with the next, whichever call it is: %s',
    async (name) => {
      const { calls } = await lifeOf(name, []);
      expect(calls).toBeGreaterThan(20);
      for (let at = 0; at < calls; at += 1) {
        const troubles = ALL ? TROUBLES : TROUBLES.slice(at % TROUBLES.length).slice(0, 1);
        for (const trouble of troubles) expect((await lifeOf(name, [{ ...trouble, at }])).broken).toEqual([]);
      }
    },
    3_600_000,
  );
});
