import { afterAll, describe, expect, it } from '@jest/globals';
import { existsSync, lstatSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cleanUp, UNIT_DIRECTORY } from '../support/harness.ts';
import { liveFleet, sleeper } from './live-fleet.ts';

const above = dirname(UNIT_DIRECTORY);
const moved = `${above}-dotfiles`;
afterAll(async () => {
  await cleanUp();
  if (!lstatSync(above).isSymbolicLink()) return;
  rmSync(above);
  renameSync(moved, above);
});

describe('a person whose configuration directory is a link to their dotfiles', () => {
  it('has a fleet as everybody else, and none of its files beside the link', async () => {
    mkdirSync(UNIT_DIRECTORY, { recursive: true });
    renameSync(above, moved);
    symlinkSync(moved, above);
    const live = liveFleet({ coder: sleeper });
    await live.must('apply');
    await live.must('verify');
    const pid = await live.newPid('coder');
    expect(existsSync(join(moved, 'user', `mosaic-${live.fleet}@.service`))).toBe(true);
    expect(await live.plan()).toMatchObject({ empty: true });
    live.declare({ coder: { ...sleeper, limits: { tasksMax: 500 } } });
    await live.must('apply');
    expect((await live.agent('coder')).pid).toBe(pid);
    expect(lstatSync(above).isSymbolicLink()).toBe(true);
    await live.must('destroy', '--yes');
    expect(existsSync(join(moved, 'user', `mosaic-${live.fleet}@.service`))).toBe(false);
  });

  it('has a Mosaic home behind a link, too', async () => {
    const live = liveFleet({ coder: sleeper });
    const link = join(live.root, 'link');
    symlinkSync(live.root, link);
    const args = ['--home', join(link, 'mosaic')];
    await live.must('apply', ...args);
    expect(await live.plan()).toMatchObject({ empty: true });
    await live.must('destroy', '--yes', ...args);
  });
});
