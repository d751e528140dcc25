import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanUp, eventually, tempHome } from '../support/harness.ts';
import { killNow, liveFleet, systemctl, type LiveFleet } from './live-fleet.ts';

let live: LiveFleet;
let broken: string;

/** Why the last start was what it was, and which program it ran. */
function started(name: string): Readonly<Record<string, string>> {
  const text = readFileSync(join(live.home, 'fleets', live.fleet, 'record', name, 'starts'), 'utf8');
  return Object.fromEntries(text.split('\n').flatMap((line) => (line.includes('=') ? [line.split('=', 2)] : [])));
}
/** Waits for another process of the agent than `before`, and tells what it runs. */
async function comesBack(name: string, before: number | null): Promise<string> {
  await live.newPid(name, before);
  return started(name)['program'] ?? '';
}
const pidOf = async (name: string): Promise<number | null> => (await live.agent(name)).pid;

beforeAll(async () => {
  const home = tempHome();
  broken = join(home.root, 'broken');
  live = liveFleet(
    {
      talker: { command: ['sleep', '3600'], resume: ['sleep', '3601'] },
      fickle: {
        command: ['sleep', '3600'],
        resume: ['sh', '-c', `[ ! -e ${broken} ] || { echo no conversation found; exit 1; }; exec sleep 3601`],
      },
    },
    {},
    home,
  );
  await live.must('apply');
});
afterAll(cleanUp);

describe('an agent with a resume', () => {
  it('begins with its command', () => {
    expect(started('talker')).toMatchObject({ count: '1', program: 'command' });
  });

  it('comes back with its resume after a crash, a restart and a stop', async () => {
    const first = await pidOf('talker');
    killNow(first);
    expect(await comesBack('talker', first)).toBe('resume');
    const second = await pidOf('talker');
    await live.must('restart', 'talker');
    expect(await comesBack('talker', second)).toBe('resume');
    await live.must('stop', 'talker');
    await live.must('start', 'talker');
    expect(await comesBack('talker', null)).toBe('resume');
  });

  it('comes back with its resume after the tmux server was killed', async () => {
    const before = await pidOf('talker');
    killNow((await live.tmux('display-message', '-p', '#{pid}')).stdout.trim());
    expect(await comesBack('talker', before)).toBe('resume');
  });

  it('comes back with its resume when everything was down and the fleet’s target starts, as at a reboot (F82)', async () => {
    const { fleet } = live;
    await systemctl('stop', `mosaic-${fleet}.target`, `mosaic-${fleet}-tmux.service`);
    await eventually(async () => (await pidOf('talker')) === null);
    await systemctl('start', `mosaic-${fleet}.target`);
    expect(await comesBack('talker', null)).toBe('resume');
  });

  it('begins with its command where the resume ended at once, and says so', async () => {
    writeFileSync(broken, '');
    const before = await pidOf('fickle');
    killNow(before);
    await eventually(() => started('fickle')['because'] === 'resume-failed');
    const { state, note, restarts } = await eventually(async () => {
      const agent = await live.agent('fickle');
      return agent.state === 'running' && agent;
    });
    expect(started('fickle')).toMatchObject({ program: 'command' });
    expect([state, note]).toEqual(['running', 'its resume failed at once, it was started with its command']);
    expect((await live.must('status')).stdout).toContain('fickle: its resume failed at once');
    killNow(await pidOf('fickle'));
    await eventually(async () => (await live.agent('fickle')).restarts > restarts + 1);
    await eventually(() => started('fickle')['because'] === 'resume-failed');
  });

  it('keeps its resume where somebody killed it early', async () => {
    writeFileSync(broken, '');
    const before = await pidOf('talker');
    await live.must('restart', 'talker');
    const early = await live.newPid('talker', before);
    killNow(early);
    expect(await comesBack('talker', early)).toBe('resume');
  });
});
