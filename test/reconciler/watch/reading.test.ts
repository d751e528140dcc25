import { describe, expect, it } from '@jest/globals';
import { freshMemory, type Memory } from '../../../src/reconciler/watch/memory.ts';
import {
  firstMemory,
  manifestConditions,
  ofThisFleet,
  takeManifest,
  type GoodReading,
} from '../../../src/reconciler/watch/reading.ts';
import { fleetOf, fleetWith } from '../../support/fleet.ts';

const EXPOSED = { type: 'ManifestExposed', status: 'True', reason: 'InWorkingDirectory', message: 'it' } as const;
const plain = fleetWith({ coder: '{ command: [codex] }' });
const mine = { ...plain, notify: ['/bin/mine'], adapters: { codex: { submitDelayMs: 1 } } };
const theirs = { ...plain, notify: ['/bin/theirs'], adapters: { codex: { idle: ['*'] } }, agentsMayManage: true };

const good = (reading: GoodReading) => ({ isGood: true, ...reading }) as const;
const guardedOf = ({ fleet: { notify, adapters, agentsMayManage } }: Memory) => ({ notify, adapters, agentsMayManage });
const of = (fleet: typeof plain) => guardedOf(freshMemory(fleet, ''));

describe('whom the watcher calls, what it believes of screens and who may manage', () => {
  it('is not taken from an exposed manifest: the last other one stands', () => {
    const before = takeManifest(freshMemory(plain, 'a'), good({ key: 'b', fleet: mine }));
    const once = takeManifest(before, good({ key: 'c', fleet: theirs, exposed: EXPOSED }));
    const again = takeManifest(once, good({ key: 'd', fleet: theirs, exposed: EXPOSED }));
    expect([once, again].map(guardedOf)).toEqual([of(mine), of(mine)]);
    expect(again.key).toBe('d');
  });

  it('is nothing where the first manifest is exposed already', () => {
    expect(guardedOf(firstMemory({ key: 'a', fleet: theirs, exposed: EXPOSED }))).toEqual(of(plain));
    expect(guardedOf(firstMemory({ key: 'a', fleet: mine }))).toEqual(of(mine));
  });

  it('is whom the watcher before called, and nothing else', () => {
    const next = firstMemory({ key: 'a', fleet: theirs, exposed: EXPOSED }, { notify: mine.notify });
    expect(guardedOf(next)).toEqual(of({ ...plain, notify: mine.notify }));
  });

  it('follows the same contents into an agent and out of it', () => {
    const inside = firstMemory({ key: 'a', fleet: mine, exposed: EXPOSED });
    const outside = takeManifest(inside, good({ key: 'a', fleet: mine }));
    expect([guardedOf(outside), outside.exposed]).toEqual([of(mine), undefined]);
    const back = takeManifest(outside, good({ key: 'a', fleet: mine, exposed: EXPOSED }));
    expect([guardedOf(back), back.exposed]).toEqual([of(mine), EXPOSED]);
  });
});

describe('a manifest that cannot be taken', () => {
  const elsewhere = fleetOf(
    'apiVersion: mosaic/v1alpha1\nkind: Fleet\nmetadata: { name: elsewhere }\nspec: { agents: {} }\n',
  );
  const other = good({ key: 'b', fleet: elsewhere });

  it('is one of another fleet: the last good one goes on, and the watcher says so', () => {
    const refused = ofThisFleet(other, plain);
    expect(refused).toMatchObject({ isGood: false, condition: { status: 'True', reason: 'OtherFleet' } });
    const before = firstMemory({ key: 'a', fleet: mine });
    expect(takeManifest(before, refused)).toBe(before);
    expect(manifestConditions(refused, before).map(({ type, message }) => [type, message])).toEqual([
      [
        'ManifestInvalid',
        `the manifest is now about fleet elsewhere; this watcher goes on with ${plain.name} as it last was`,
      ],
    ]);
    expect(ofThisFleet(good({ key: 'b', fleet: mine }), plain)).toMatchObject({ isGood: true });
  });

  it('is said once where it is exposed in a worse way than the one in force', () => {
    const inside = firstMemory({ key: 'a', fleet: mine, exposed: EXPOSED });
    const worse = { isGood: false, condition: { ...EXPOSED, reason: 'Writable' } } as const;
    expect(manifestConditions(worse, inside)).toEqual([worse.condition]);
    expect(manifestConditions(good({ key: 'a', fleet: mine }), inside)).toEqual([EXPOSED]);
  });
});
