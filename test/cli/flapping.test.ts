import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flappingConditions, withFlapping } from '../../src/cli/flapping.ts';
import { createFileReader } from '../../src/host/files.ts';
import { fleetStatus } from '../../src/reconciler/status.ts';
import { fleetWith } from '../support/fleet.ts';
import { lookAt, worldOf, type Overlay } from '../support/observed.ts';

const home = mkdtempSync(join(tmpdir(), 'mosaic-flapping-'));
afterAll(() => rmSync(home, { recursive: true }));

const FLEET = fleetWith({ coder: '{ command: [codex], restart: { window: 60s } }' });
const NOW = 1_000_000;
const ENDED = { spec: { startedAt: NOW, endedAt: NOW - 1000, code: 1, asked: 'none' } };

/** What is said of an agent with these ends, in seconds ago, and these steps of commands. */
function told(
  ends: readonly string[],
  steps: readonly object[] = [],
  items: Overlay['items'] = { 'record.coder': ENDED },
) {
  const [record, state] = [join(home, 'fleets/canary/record/coder'), join(home, 'state/canary')];
  for (const directory of [record, state]) mkdirSync(directory, { recursive: true });
  const lines = ends.map((end) => end.replace(/^(\d+)/, (ago) => `at=${NOW - 1000 * Number(ago)} end code=1 asked=`));
  writeFileSync(
    join(record, 'events'),
    `at=1 start program=command\ntorn${lines.map((line) => `\n${line}`).join('')}\n`,
  );
  const done = { group: 'agent.coder', action: 'restart', result: 'done', command: 'fleet restart coder' };
  writeFileSync(
    join(state, 'journal.jsonl'),
    steps.map((step) => `${JSON.stringify({ ...done, ...step })}\n`).join(''),
  );
  const seen = lookAt(worldOf(FLEET, { items: items ?? {} }));
  const found = flappingConditions({ home, read: { files: createFileReader() } }, seen, NOW);
  return { messages: found.map(({ message }) => message), status: withFlapping(fleetStatus(seen, []), found) };
}

const THREE = ['30none', '20none', '10none'];
const LOOP = 'coder ended by itself 3 times within 60 s; see mosaic fleet log';

describe('an agent that is up between two ends', () => {
  it('is said to end again and again, and the fleet is not ready', () => {
    const { messages, status } = told(THREE);
    expect(messages).toEqual([LOOP]);
    expect(status.conditions).toMatchObject([
      { type: 'Ready', status: 'False', reason: 'Unsteady', message: LOOP },
      { type: 'Flapping', status: 'True', reason: 'ManyEnds' },
    ]);
    expect(told(['20none', '10none']).status.conditions).toMatchObject([{ type: 'Ready', status: 'True' }]);
  });

  it.each([
    ['too long ago', ['90none', '20none', '10none'], []],
    ['before a stop that was asked for', ['30none', '20stop', '10none'], []],
    ['before a person restarted it', THREE, [{ at: NOW - 15_000 }]],
  ])('is not, where an end was %s', (_, ends, steps) => {
    expect(told(ends, steps).messages).toEqual([]);
  });

  it.each([
    ['the watcher’s own', { at: NOW, command: 'fleet watch' }],
    ['one that failed', { at: NOW, result: 'failed' }],
    ['another agent’s', { at: NOW, group: 'agent.other' }],
    ['one without a time', {}],
  ])('is so after a start that is %s', (_, step) => {
    expect(told(THREE, [step]).messages).toEqual([LOOP]);
  });

  it('is said of nobody who is down, or was asked to end', () => {
    expect(told(THREE, [], { 'record.coder': ENDED, 'session.coder': null, 'run.coder': null }).messages).toEqual([]);
    expect(told(THREE, [], { 'record.coder': { spec: { ...ENDED.spec, asked: 'stop' } } }).messages).toEqual([]);
    expect(told(THREE, [], {}).messages).toEqual([]);
  });

  it('is said of nobody by records that cannot be read', () => {
    const events = join(home, 'fleets/canary/record/coder/events');
    told(THREE);
    rmSync(events);
    symlinkSync('/etc/passwd', events);
    const seen = lookAt(worldOf(FLEET, { items: { 'record.coder': ENDED } }));
    expect(flappingConditions({ home, read: { files: createFileReader() } }, seen, NOW)).toEqual([]);
    rmSync(events);
  });
});
