import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '../support/harness.ts';
import { startAgent, startFaulty, startReporter } from './helper-agent.ts';
import { latin, makeFleet, run, type AgentSettings, type HelperFleet } from './helper-fleet.ts';

jest.setTimeout(60_000);
let fleet: HelperFleet;
beforeAll(() => {
  fleet = makeFleet();
});
afterAll(() => {
  run('systemctl', '--user', 'unset-environment', 'LEAK');
  fleet.destroy();
});

const PRINTABLE = readFileSync('test/fixtures/hostile-words.txt', 'latin1').split('\n').slice(0, -1);
const UNPRINTABLE = [
  '',
  ' ',
  '\n',
  'a\nb\n',
  '\t',
  '\r',
  '\r\n',
  '\x01',
  '\x1b[31m',
  '\x7f',
  '\xff\xfe',
  '\xc3',
  '\x80',
];
const HOSTILE = [...PRINTABLE, ...UNPRINTABLE, ...['\u00a0', '\ufeff', '\u202e'].map(latin), 'x'.repeat(100_000)];
const SHELL_NAMES =
  'IFS PS1 PS4 BASH POSIXLY_CORRECT GLOBIGNORE LC_ALL LC_CTYPE MAPFILE FUNCNEST TMOUT ENV CDPATH COLUMNS';
const OTHER_NAMES =
  'LINES HOSTNAME HISTFILE REPLY OPTARG COPROC SHELL TERM HOME mode dir agent record program code pane';
const HELPER_NAMES = 'inside bus line lines item value cwd now tmux socket spec';

const faultOf = (settings: AgentSettings): string | undefined => startFaulty(fleet, settings).fault;

describe('the words of an agent', () => {
  it(`reach it byte for byte, ${HOSTILE.length} hostile ones in its arguments and in its environment`, async () => {
    const env = Object.fromEntries(HOSTILE.map((word, index) => [`H${index}`, word]));
    const { report } = await startReporter(fleet, { env }, HOSTILE);
    expect(report.argv.slice(3)).toEqual(HOSTILE);
    expect(report.env.filter((item) => /^H\d/.test(item))).toEqual(
      HOSTILE.map((word, index) => `H${index}=${word}`).toSorted(),
    );
  });

  it('may use the names that the helper and its shell use themselves', async () => {
    const names = [SHELL_NAMES, OTHER_NAMES, HELPER_NAMES].flatMap((list) => list.split(' '));
    const { report } = await startReporter(fleet, { env: Object.fromEntries(names.map((name) => [name, 'x y'])) });
    expect(report.env.filter((item) => item.endsWith('=x y'))).toEqual(names.map((name) => `${name}=x y`).toSorted());
  });

  it('come with an environment that holds nothing else (F99)', async () => {
    run('systemctl', '--user', 'set-environment', 'LEAK=manager');
    startAgent(fleet, { argv: ['sleep', '1000'] });
    fleet.tmux('set-environment', '-g', 'LEAK', 'server');
    fleet.tmux('set-environment', '-g', 'WITH.DOT', 'server');
    const { name, report } = await startReporter(fleet, { cwd: '/usr/share', env: { RUST_LOG: 'info' } });
    const format = '#{socket_path},#{pid},#{session_id} #{pane_id}';
    const found = fleet.tmux('display-message', '-p', '-t', `=${name}:`, format).out;
    const [tmux, pane] = found.trim().replace('$', '').split(' ');
    const person = 'HOME=/home/mosaic USER=mosaic LOGNAME=mosaic SHELL=/bin/bash LANG=C.UTF-8'.split(' ');
    const terminal = `TERM=tmux-256color COLORTERM=truecolor TMUX=${tmux} TMUX_PANE=${pane}`.split(' ');
    const place = 'PATH=/usr/local/bin:/usr/bin:/bin PWD=/usr/share RUST_LOG=info'.split(' ');
    const fleetItems = [`MOSAIC_FLEET=${fleet.name}`, `MOSAIC_AGENT=${name}`, `MOSAIC_HOME=${latin(fleet.home)}`];
    const manager = ['XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS'].map((key) => `${key}=${process.env[key]}`);
    const expected = [...person, ...terminal, ...place, ...fleetItems, ...manager];
    expect(report).toMatchObject({ env: expected.toSorted(), cwd: '/usr/share', umask: 0o022, leadsForeground: true });
  });

  it('come with the three descriptors of its terminal, and with every signal as it is by default', () => {
    const look = (): readonly unknown[] => {
      const self = `/proc/${fleet.pid(startAgent(fleet, { argv: ['sleep', '1000'] }))}`;
      const masks = /SigBlk:\t(\w+)\nSigIgn:\t(\w+)/.exec(readFileSync(`${self}/status`, 'utf8'));
      return [readdirSync(`${self}/fd`), masks?.[1], masks?.[2]];
    };
    const none = '0'.repeat(16);
    fleet.systemctl('stop', '*');
    run('systemctl', '--user', 'restart', `mosaic-${fleet.name}-tmux.service`);
    expect(look()).toEqual([['0', '1', '2'], none, none]);
    fleet.tmux('set-environment', '-g', 'LEAK', 'server');
    expect(look()).toEqual([['0', '1', '2'], none, none]);
  });

  it('come from a wrapper that began in the C locale, and began once', () => {
    // A fresh server: what others have set in its environment takes a second turn.
    fleet.systemctl('stop', '*');
    run('systemctl', '--user', 'restart', `mosaic-${fleet.name}-tmux.service`);
    const agent = startAgent(fleet, { argv: ['sleep', '1000'] });
    const wrapper = fleet.tmux('display-message', '-p', '-t', `=${agent}:`, '#{pane_pid}').out.trim();
    const environment = readFileSync(`/proc/${wrapper}/environ`, 'latin1').split('\0');
    expect(environment).toContain('LC_ALL=C');
    expect(environment.filter((item) => item.startsWith('MOSAIC_CLEARED='))).toEqual([]);
  });

  it('name a program as the agent finds it, whatever its path looks like', async () => {
    const directory = join(fleet.scratch, '-odd=dir $x');
    mkdirSync(directory);
    for (const name of ['-e', 'a=b', 'tool']) {
      copyFileSync('/usr/bin/sleep', join(directory, name));
      chmodSync(join(directory, name), 0o755);
    }
    const cases = { one: '-e', two: 'a=b', three: join(directory, 'a=b'), four: './tool', five: '-odd=dir $x/tool' };
    const path = `/nowhere:${directory}:/usr/bin`;
    const cwd = (name: string): string => (name === 'five' ? fleet.scratch : directory);
    fleet.add(
      Object.fromEntries(
        Object.entries(cases).map(([name, word]) => [name, { argv: [word, '1000'], path, cwd: cwd(name) }]),
      ),
    );
    fleet.systemctl('start', ...Object.keys(cases));
    for (const [name, word] of Object.entries(cases)) {
      await eventually(() =>
        expect(readFileSync(`/proc/${fleet.pid(name)}/cmdline`, 'utf8')).toBe(`${word}\u00001000\u0000`),
      );
    }
  });
});

describe('an agent that cannot start', () => {
  it('says which program it did not find, and where it looked', () => {
    expect(faultOf({ argv: ['codecs'], path: '/nowhere:/usr/bin' })).toBe(
      'command-not-found: codecs: not in PATH (/nowhere:/usr/bin)',
    );
    expect(faultOf({ argv: ['/etc/passwd'] })).toBe('command-not-found: /etc/passwd: not an executable file');
    expect(faultOf({ argv: ['share'], path: '/usr' })).toBe('command-not-found: share: not in PATH (/usr)');
  });

  it('says which directory it could not enter, on one line (F34)', () => {
    expect(faultOf({ argv: ['true'], cwd: '/no/such\ndirectory' })).toBe(
      'cwd: /no/such directory: not a directory this user can enter',
    );
    expect(faultOf({ argv: ['true'], cwd: '/etc/passwd' })).toBe(
      'cwd: /etc/passwd: not a directory this user can enter',
    );
  });

  it('says when what it is started with is another agent’s, or missing', () => {
    const { name } = startFaulty(fleet, { argv: ['codecs'] });
    const file = join(fleet.directory, 'launch', name);
    const fault = `launch: ${file}: not a launch file of ours\n`;
    for (const spoil of [() => writeFileSync(file, 'mosaic=launch v1 other/agent 0\0'), () => rmSync(file)]) {
      spoil();
      fleet.systemctl('start', name);
      expect([fleet.record(name, 'fault'), fleet.show(name, 'ExecMainStatus')]).toEqual([fault, '72']);
    }
  });

  it('loses its fault with the next good start', async () => {
    const { name, fault } = startFaulty(fleet, { argv: ['codecs'] });
    expect(fault).toContain('command-not-found');
    fleet.add({ [name]: { argv: ['sleep', '1000'] } });
    fleet.systemctl('start', name);
    await eventually(() => expect(fleet.record(name, 'fault')).toBeUndefined());
    expect(fleet.show(name, 'ActiveState')).toBe('active');
  });
});
