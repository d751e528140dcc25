import { describe, expect, it } from '@jest/globals';
import { ExecFailure, type ExecResult, type ReadPort } from '../../src/model/host.ts';
import { fingerprintDefault } from '../../src/providers/tmux/fingerprint.ts';

const PLACE = { tmux: '/usr/bin/tmux', path: '/tmp/tmux-1000/default', fleet: 'canary' };

/** The fingerprint of a default server that answers so. */
const seenBy = (answer: Partial<ExecResult> | ExecFailure): ReturnType<typeof fingerprintDefault> =>
  fingerprintDefault(
    {
      files: { stat: () => ({ inode: 7 }) },
      exec: () =>
        answer instanceof ExecFailure
          ? Promise.reject(answer)
          : Promise.resolve({ exitCode: 0, stdout: '', stderr: '', ...answer }),
    } as unknown as ReadPort,
    PLACE,
  );

describe('the fingerprint of the default tmux server', () => {
  it('is of a server without sessions, too', async () => {
    expect(await seenBy({ stdout: 'S|77|1700000000\n' })).toEqual({
      state: 'present',
      path: PLACE.path,
      pid: 77,
      startTime: 1_700_000_000,
      inode: 7,
      sessions: [],
      marked: [],
    });
  });

  it('is of no server only where tmux says that nobody is there', async () => {
    const stderr = `no server running on ${PLACE.path}\n`;
    expect(await seenBy({ exitCode: 1, stderr })).toMatchObject({ state: 'stale', inode: 7 });
  });

  it.each([
    { exitCode: 1, stderr: 'lost server\n' },
    { exitCode: 0, stdout: '' },
    { exitCode: 127, stderr: 'not found' },
  ])('is none where the answer %j cannot be read', async (answer) => {
    await expect(seenBy(answer)).rejects.toMatchObject({ code: 'E_TMUX' });
  });

  it.each([
    ['timeout', 'E_TMUX_TIMEOUT'],
    ['missing', 'E_TMUX_MISSING'],
    ['signal', 'E_TMUX'],
  ] as const)('is none after %s: %s', async (reason, code) => {
    await expect(seenBy(new ExecFailure(reason, ['tmux'], 'no end'))).rejects.toMatchObject({ code });
  });
});
