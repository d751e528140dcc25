import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FleetName } from '../../src/model/names.ts';
import { readWatchUnit, renderWatchUnit, type WatchCommand } from '../../src/providers/systemd/watch-unit.ts';
import { MemoryFiles } from '../support/memory-files.ts';

const fleet = 'canary' as FleetName;
const DIRECTORY = '/units';
const PATH = `${DIRECTORY}/mosaic-canary-watch.service`;
const COMMAND: WatchCommand = { manifest: '/home/a/fleet.yaml', auto: 'safe', tmuxTmpdir: '' };
const placeOf = (home: string) => ({ fleet, host: { home, unitDirs: { preferred: DIRECTORY, fallback: DIRECTORY } } });
const place = placeOf('/home/a/.config/mosaic');

function filesWith(content?: string, kind: 'file' | 'symlink' = 'file'): MemoryFiles {
  let now = 0;
  const files = new MemoryFiles(1000, () => (now += 1));
  files.makeDirectory(DIRECTORY, 0o755);
  if (content === undefined) return files;
  if (kind === 'symlink') files.link(PATH, content);
  else files.write(PATH, content, 0o644);
  return files;
}

/** Everything a path may hold that means something to systemd, and anything else but control characters. */
const path = fc
  .string({ unit: fc.constantFrom('"', '\\', '%', '$', "'", ';', '#', '=', 'é', ' ', 'a', '{', '}'), maxLength: 20 })
  .map((name) => `/${name}`);

describe('the unit of a watcher', () => {
  it('is a service that comes back after a crash, tells how it is, and ends with nothing of the fleet', () => {
    expect(renderWatchUnit(place, COMMAND, 'b1')).toBe(`[Unit]
Description=Mosaic watcher (fleet canary)
StartLimitIntervalSec=0
X-Build=b1

[Service]
Type=notify
NotifyAccess=all
ExecStart=/bin/sh "/home/a/.config/mosaic/bin/mosaic" fleet watch --home "/home/a/.config/mosaic" --manifest "/home/a/fleet.yaml" --auto safe
KillMode=mixed
Restart=on-failure
RestartSec=5
TimeoutStartSec=infinity

[Install]
WantedBy=default.target

[X-Mosaic]
Fleet=canary
Home="/home/a/.config/mosaic"
Hash=${/Hash=(.*)/.exec(renderWatchUnit(place, COMMAND, 'b1'))?.[1] ?? ''}
`);
  });

  it('escapes a variable as systemd reads it: a dollar stands for itself there', () => {
    const text = renderWatchUnit(place, { ...COMMAND, tmuxTmpdir: '/t/a $b %c "d"' }, 'b1');
    expect(text).toContain('Environment="TMUX_TMPDIR=/t/a $b %%c \\"d\\""\n');
  });

  it('is read back as it was written, whatever the paths hold', () => {
    fc.assert(
      fc.property(path, path, fc.option(path, { nil: '' }), (home, manifest, tmuxTmpdir) => {
        const command = { manifest, auto: 'all', tmuxTmpdir };
        const files = filesWith(renderWatchUnit(placeOf(home), command, 'b1'));
        expect(readWatchUnit(files, DIRECTORY, placeOf(home))).toMatchObject({
          state: 'ours',
          handEdited: false,
          command,
        });
      }),
    );
  });

  it('is seen to be edited, and to be started in a way that is not known', () => {
    const text = renderWatchUnit(place, COMMAND, 'b1');
    const read = (edited: string) => readWatchUnit(filesWith(edited), DIRECTORY, place);
    expect(read(text.replace('RestartSec=5', 'RestartSec=9'))).toMatchObject({ handEdited: true, command: COMMAND });
    expect(read(text.replace(' --auto safe', ''))).toMatchObject({ handEdited: true, command: undefined });
  });

  it.each([
    ['no file', undefined, 'file', { state: 'absent' }],
    [
      'a file without our mark',
      '[Service]\nExecStart=/bin/true\n',
      'file',
      { because: 'it carries no mark of mosaic' },
    ],
    ['a mask', '/dev/null', 'symlink', { because: 'it is a symlink' }],
    [
      'the unit of another home',
      renderWatchUnit(placeOf('/other'), COMMAND, 'b1'),
      'file',
      { state: 'foreign', because: 'it belongs to fleet canary of the home /other' },
    ],
  ] as const)('is none of ours in %s', (_, content, kind, seen) => {
    expect(readWatchUnit(filesWith(content, kind), DIRECTORY, place)).toMatchObject(seen);
  });
});
