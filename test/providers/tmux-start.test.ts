import { describe, expect, it } from '@jest/globals';
import type { Exec } from '../../src/model/host.ts';
import { PLACES } from '../support/simulated-host.ts';
import { running, SOCKET } from './tmux-bench.ts';

describe('a start', () => {
  const ends = async ({ give, order }: Awaited<ReturnType<typeof running>>): Promise<unknown> =>
    give(order('server.sim', 'stop'), order('session.alpha', 'stop'), order('session.beta', 'stop'));

  it('marks one that starts by what an earlier mosaic has written', async () => {
    const fleet = await running();
    await ends(fleet);
    const conf = `${PLACES.home}/fleets/canary/tmux.conf`;
    const { machine } = fleet;
    machine.files.plant(conf, { content: (machine.files.read(conf) ?? '').replace(/^set -s @mosaic_fleet .*\n/m, '') });
    expect((await fleet.give(...(await fleet.plan()).changes)).map(({ done }) => done)).toEqual([true, true, true]);
    expect(machine.tmux.state()).toContain('"@mosaic_fleet":"canary"');
  });

  it.each(['start-server', 'display-message'])(
    'neither marks nor uses the server of somebody who was quicker than its %s',
    async (moment) => {
      let isTime = false;
      const quicker =
        (exec: Exec): Exec =>
        (argv, options) => {
          if (isTime && argv.includes(moment)) fleet.machine.tmux.start(SOCKET, '/dev/null');
          return exec(argv, options);
        };
      const fleet = await running(quicker);
      await ends(fleet);
      const { changes } = await fleet.plan();
      isTime = true;
      await expect(fleet.give(...changes)).rejects.toThrow(`the tmux server on ${SOCKET} is not ours`);
      expect(fleet.machine.tmux.state()).not.toContain('canary');
      expect(fleet.machine.tmux.sessionsOn(SOCKET)).toEqual([]);
    },
  );
});
