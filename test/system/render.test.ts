import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createExec } from '../../src/host/exec.ts';
import { tmuxCall, tmuxWord } from '../../src/providers/tmux/client.ts';
import { parseUnit } from '../../src/providers/systemd/render.ts';
import { systemdProvider } from '../../src/providers/systemd/provider.ts';
import { cleanUp, eventually, tempHome, UNIT_DIRECTORY, type TempHome } from '../support/harness.ts';
import { sh } from '../support/process.ts';
import { fleetOf, hostFacts } from '../support/simulated-fleet.ts';
import { PRINT_ARGV, throughSystemd } from './readers.ts';

/** Names a home may have that mean something to systemd, to a shell or to tmux. */
const HOSTILE = [
  'a b',
  '100%h',
  '%%i',
  'say "hi"',
  '$HOME ${HOME} $$',
  'a;b ; c',
  'é ü 漢',
  'back\\slash\\',
  "it's",
  '# no comment',
  '\\x20 \\n \\s',
  '#{pid} #(touch x)',
  '-dash',
  '@exec',
  '~',
  '*?[a]{b}',
];

beforeAll(() => {
  mkdirSync(UNIT_DIRECTORY, { recursive: true });
});
afterEach(cleanUp);

/** Writes every unit of a fleet in a home of this name, and gives their paths. */
function writeUnits({ fleet: name, root }: TempHome, home: string): readonly string[] {
  const fleet = fleetOf({ name, agents: { alpha: { limits: { memoryMax: '4G', cpuQuota: '50%', tasksMax: 9 } } } });
  const host = hostFacts({ home, socketPath: join(root, 'tmux', 'sim') });
  return systemdProvider.desired(fleet, host).flatMap(({ address, body }) => {
    if (body?.kind !== 'text') return [];
    const path = join(UNIT_DIRECTORY, address.slice('unit.'.length));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, body.text, { mode: body.mode });
    return [path];
  });
}

describe('a word of a unit', () => {
  it('reaches the program as it was meant, whatever is in it', async () => {
    expect(await throughSystemd(tempHome(), HOSTILE)).toEqual(HOSTILE);
  });

  it('reaches the program as it was meant, for every printable character', async () => {
    const characters = Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at));
    const words = [
      ...characters.map((character) => `a${character}b`),
      ...characters.map((character) => `${character}${character}`),
    ];
    expect(await throughSystemd(tempHome(), words)).toEqual(words);
  });
});

describe('a line of a unit', () => {
  it('ends for us where it ends for the manager: at a carriage return too', async () => {
    const { fleet } = tempHome();
    const unit = `mosaic-${fleet}-lines.service`;
    const text = '[Service]\nExecStart=/bin/true\n# a remark\rNice=5\rUMask=0077\r\nOOMScoreAdjust=7\n';
    writeFileSync(join(UNIT_DIRECTORY, unit), text);
    await sh(['systemctl', '--user', 'daemon-reload']);
    const shown = await sh(['systemctl', '--user', 'show', '-p', 'Nice,UMask,OOMScoreAdjust', unit]);
    const told = Object.fromEntries(
      shown.stdout
        .trim()
        .split('\n')
        .map((line) => line.split('=')),
    );
    expect(told).toEqual({ Nice: '5', UMask: '0077', OOMScoreAdjust: '7' });
    expect(parseUnit(text).spec).toEqual({ Service: { ExecStart: '/bin/true', ...told } });
  });
});

describe.each(HOSTILE.map((name) => [name]))('B48: the units of a home called %s', (name) => {
  it('are taken by the manager without a word, and name that home', async () => {
    const place = tempHome();
    const home = join(place.root, name);
    mkdirSync(home, { recursive: true });
    const paths = writeUnits(place, home);
    const agent = `mosaic-${place.fleet}@alpha.service`;
    const concrete = paths.filter((path) => /\.(service|target)$/.test(path) && !path.includes('@.'));
    const verified = await sh(['systemd-analyze', '--user', 'verify', ...concrete, join(UNIT_DIRECTORY, agent)]);
    expect(ownComplaints(verified.stderr, place)).toEqual([]);
    await sh(['systemctl', '--user', 'daemon-reload']);
    const shown = await sh(['systemctl', '--user', 'show', '-p', 'LoadState,ExecStart', agent]);
    expect(shown.stdout).toContain('LoadState=loaded');
    // A dollar is halved by the start alone, which the argv above went through.
    expect(shown.stdout).toContain(`${home.split('$').join('$$')}/libexec/mosaic-agent`);
    for (const path of paths)
      expect(parseUnit(readFileSync(path, 'utf8')).mark).toMatchObject({ home, handEdited: false });
  });
});

/** `verify` also looks at what our units touch; that is the distribution's. */
const ownComplaints = (stderr: string, { fleet }: TempHome): readonly string[] =>
  stderr.split('\n').filter((line) => line.includes(`mosaic-${fleet}`));

describe('a word of tmux', () => {
  it('arrives exactly, through source-file and as an argument', async () => {
    const { tmuxTmpdir } = tempHome();
    const socket = join(tmuxTmpdir, 'socket');
    await sh(['tmux', '-S', socket, '-f', '/dev/null', 'new-session', '-d', '-s', 'a', 'sleep 1000']);
    const call = tmuxCall(createExec(), { tmux: '/usr/bin/tmux', socket });
    const words = [...HOSTILE, ';', 'end;', '\\;', "'", '"', '', '}', '%if 1'];
    const lines = words.map((word, at) => `set-option -g @w${at} ${tmuxWord(word)}\n`);
    expect(await call([['source-file', '-']], { input: lines.join('') })).toMatchObject({ exitCode: 0, stderr: '' });
    for (const [at, word] of words.entries()) {
      const shown = await sh(['tmux', '-u', '-N', '-S', socket, 'show-options', '-gv', `@w${at}`]);
      expect(shown.stdout).toBe(`${word}\n`);
    }
    for (const word of words) {
      expect(await call([['set-option', '-g', '@argument', word]])).toMatchObject({ exitCode: 0, stderr: '' });
      const shown = await sh(['tmux', '-u', '-N', '-S', socket, 'show-options', '-gv', '@argument']);
      expect(shown.stdout).toBe(`${word}\n`);
    }
  });

  it('is an argument of a new session exactly', async () => {
    const { tmuxTmpdir, root } = tempHome();
    const socket = join(tmuxTmpdir, 'socket');
    await sh(['tmux', '-S', socket, '-f', '/dev/null', 'start-server', ';', 'set-option', '-s', 'exit-empty', 'off']);
    const call = tmuxCall(createExec(), { tmux: '/usr/bin/tmux', socket });
    const out = join(root, 'argv.json');
    const argv = [process.execPath, '-e', PRINT_ARGV, '--', out, ...HOSTILE, 'end;', ';'];
    const line = `new-session -d -s a ${argv.map(tmuxWord).join(' ')}\n`;
    expect(await call([['source-file', '-']], { input: line })).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await eventually(() => JSON.parse(readFileSync(out, 'utf8')) as unknown)).toEqual([...HOSTILE, 'end;', ';']);
  });
});
