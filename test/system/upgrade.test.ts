import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cleanUp } from '../support/harness.ts';
import { sh, type Ended } from '../support/process.ts';
import { answer, liveFleet, sleeper, type LiveFleet, type PlanAnswer } from './live-fleet.ts';

const CHECKOUT = resolve(import.meta.dirname, '../..');

let live: LiveFleet;
let newer: string;

/** The command line of the newer package. */
const upgraded = (...args: readonly string[]): Promise<Ended> =>
  sh([process.execPath, join(newer, 'bin/mosaic.js'), 'fleet', ...args], {
    env: { MOSAIC_HOME: live.home, TMUX_TMPDIR: live.tmuxTmpdir },
  });

beforeAll(async () => {
  live = liveFleet({ a: sleeper, b: sleeper });
  await live.must('apply');
  newer = join(live.root, 'newer');
  mkdirSync(newer);
  for (const name of ['bin', 'dist', 'libexec', 'manifests', 'package.json']) {
    cpSync(join(CHECKOUT, name), join(newer, name), { recursive: true });
  }
  symlinkSync(join(CHECKOUT, 'node_modules'), join(newer, 'node_modules'));
  appendFileSync(join(newer, 'libexec/mosaic-agent'), '# newer\n');
  writeFileSync(join(newer, 'libexec/agent-more.bash'), '# more\n');
});
afterAll(cleanUp);

describe('another version of mosaic', () => {
  it('plans nothing but its own files, which disturb nobody', async () => {
    const plan = answer<PlanAnswer>(await upgraded('plan', '-o', 'json'));
    const own = /^(file\.(libexec|bin)\/|launch\.|unit\.)/;
    expect(
      plan.changes.filter(({ address, action }) => !own.test(address) || !['update', 'create'].includes(action)),
    ).toEqual([]);
    expect(plan.changes.map(({ address }) => address)).toContain('file.libexec/mosaic-agent');
    expect(new Set(plan.changes.map(({ disruption }) => disruption))).toEqual(new Set(['none']));
    expect(plan.blocked).toEqual([]);
  });

  it('is installed without a question while every agent keeps its pid', async () => {
    const before = await live.pids();
    expect(await upgraded('apply')).toMatchObject({ exitCode: 0 });
    expect(readFileSync(join(live.home, 'libexec/mosaic-agent'), 'utf8')).toContain('# newer');
    expect(answer<PlanAnswer>(await upgraded('plan', '-o', 'json'))).toMatchObject({ empty: true });
    expect((await upgraded('status', '-o', 'json')).json()).toMatchObject({
      agents: [
        { name: 'a', pid: before['a'], inSync: true },
        { name: 'b', pid: before['b'], inSync: true },
      ],
    });
  });

  it('is named as pending until an agent starts again', async () => {
    const pending = async (): Promise<string> => {
      const { conditions } = answer<PlanAnswer>(await upgraded('plan', '-o', 'json'));
      return conditions.find(({ type }) => type === 'RestartPending')?.message ?? '';
    };
    expect(await pending()).toMatch(/^a, b: /);
    expect(await upgraded('restart', 'a')).toMatchObject({ exitCode: 0 });
    expect(await pending()).toMatch(/^b: /);
    expect(await upgraded('restart', 'b')).toMatchObject({ exitCode: 0 });
    expect(await pending()).toBe('');
    expect(await upgraded('verify')).toMatchObject({ exitCode: 0 });
  });

  it('leaves none of its files behind when the older one comes back', async () => {
    const before = await live.pids();
    expect(readdirSync(join(live.home, 'libexec'))).toContain('agent-more.bash');
    await live.must('apply', '--yes');
    expect(readdirSync(join(live.home, 'libexec'))).toEqual(readdirSync(join(CHECKOUT, 'libexec')));
    expect(await live.pids()).toEqual(before);
  });

  it.each([
    ['the older one', 'the newer one'],
    ['the newer one', 'the older one'],
  ])('puts right what %s left half-done, by %s (F96)', async (first) => {
    const before = await live.pids();
    const [oldCli, newCli] = [resolve(CHECKOUT, 'bin/mosaic.js'), join(newer, 'bin/mosaic.js')];
    const [killed, healing] = first === 'the older one' ? [oldCli, newCli] : [newCli, oldCli];
    const env = { MOSAIC_HOME: live.home, TMUX_TMPDIR: live.tmuxTmpdir };
    const at = ['-e', 'trace=rename', '-e', 'inject=rename:signal=KILL:when=2'];
    live.declare({ a: sleeper, b: { ...sleeper, restart: { delay: first === 'the older one' ? '150ms' : '250ms' } } });
    const argv = ['strace', '-f', '-qq', '-o', '/dev/null', ...at, process.execPath, killed, 'fleet'] as const;
    expect(await sh([...argv, 'apply', '--yes'], { env })).toMatchObject({ exitCode: 137 });
    expect(await sh([process.execPath, healing, 'fleet', 'apply', '--yes'], { env })).toMatchObject({ exitCode: 0 });
    expect(await sh([process.execPath, healing, 'fleet', 'verify'], { env })).toMatchObject({ exitCode: 0 });
    expect(await live.pids()).toEqual(before);
  });
});
