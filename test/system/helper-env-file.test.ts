import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { eventually } from '../support/harness.ts';
import { fixture, fleetByHand, startFaulty, startReporter } from './helper-agent.ts';
import { latin, processesWith, run, type HelperFleet } from './helper-fleet.ts';

jest.setTimeout(60_000);
const OURS = 'PATH TMUX_TMPDIR MOSAIC_HOME XDG_RUNTIME_DIR DBUS_X LD_PRELOAD UID BASH_ENV _ SHLVL OLDPWD RANDOM'.split(
  ' ',
);
let fleet: HelperFleet;
let files = 0;

fleetByHand((made) => (fleet = made));

/** Writes an env file that its owner alone can read. */
function envFile(content: string): string {
  const path = join(fleet.scratch, `env-${(files += 1)}`);
  writeFileSync(path, content, { mode: 0o600, encoding: 'latin1' });
  return path;
}

const faultOf = (envFiles: readonly string[]): string | undefined =>
  startFaulty(fleet, { argv: ['true'], envFiles }).fault;

describe('an env file', () => {
  it('gives its values in order, stronger than the base and weaker than `env`', async () => {
    const first = envFile(`# note\n\n \t\nA=1\nexport B=two words \nC="q q"\nD='s'\nE="half\nTERM=dumb\nF=$HOME\\n\n`);
    const second = envFile(`A=2\nG=\nH=""\nI="'x'"\nJ=a=b\nK=x=y # z\nL=${latin('é')}\nM=no newline at the end`);
    const { report } = await startReporter(fleet, { envFiles: [first, second], env: { J: 'from env' } });
    const quoted = ['A=2', 'B=two words ', 'C=q q', 'D=s', 'E="half', 'F=$HOME\\n', 'G=', 'H=', "I='x'"];
    const plain = ['J=from env', 'K=x=y # z', `L=${latin('é')}`, 'M=no newline at the end', 'TERM=dumb'];
    expect(report.env.filter((item) => /^([A-M]|TERM)=/.test(item))).toEqual([...quoted, ...plain]);
  });

  it.each([
    ['with a line of another form', 'A=1\nhunter2\n', ':2: not a line of the form KEY=VALUE'],
    ['with a space in a name', 'A B=hunter2\n', ':1: not a line of the form KEY=VALUE'],
    ['with a space before a name', ' A=hunter2\n', ':1: not a line of the form KEY=VALUE'],
    ['with a space after a name', 'A =hunter2\n', ':1: not a line of the form KEY=VALUE'],
    ['with a digit before a name', '1A=hunter2\n', ':1: not a line of the form KEY=VALUE'],
    ['with a byte order mark', '\xef\xbb\xbfA=hunter2\n', ':1: not a line of the form KEY=VALUE'],
    ['with a comment inside a line', ' # hunter2\n', ':1: not a line of the form KEY=VALUE'],
    ['with the lines of another system', 'A=hunter2\r\n', ':1: A: the line ends in a carriage return'],
    ['with a value that is no UTF-8', '\nA=hunter2\xff\n', ':2: A: the value is not UTF-8'],
    ['with a NUL byte', 'A=hunter2\0\n', ': holds a NUL byte'],
    ['that is too long', `A=${'x'.repeat(65536)}`, ': more than 64 KiB'],
    ...OURS.map((name) => [`with ${name}`, `${name}=hunter2\n`, `:1: ${name}: an agent's file cannot set this name`]),
  ])('%s is a fault that names the place and no value', (_what, content = '', complaint = '') => {
    const file = envFile(content);
    expect(faultOf([file])).toBe(`env-file: ${file}${complaint}`);
  });

  it('that is missing, open to others, or not ours is a fault', () => {
    const open = envFile('A=1\n');
    chmodSync(open, 0o640);
    const missing = join(fleet.scratch, 'missing');
    expect(faultOf([missing])).toBe(`env-file: ${missing}: no such file, or not readable`);
    expect(faultOf([open])).toBe(`env-file: ${open}: mode 640 lets others in: chmod 600`);
    expect(faultOf(['/etc/hostname'])).toMatch(/^env-file: \/etc\/hostname: belongs to somebody else/);
    expect(faultOf(['/dev/null'])).toBe('env-file: /dev/null: no such file, or not readable');
  });

  it('shows its secrets to the agent alone, at no moment to anybody else', async () => {
    const secret = 'c4n4ry-0123456789';
    const file = envFile(`TOKEN=${secret}\n`);
    const target = join(fleet.scratch, 'canary');
    fleet.add({
      canary: { argv: [process.execPath, fixture('report.mjs'), target], envFiles: [file], env: { KEY: secret } },
    });
    const looks: (readonly string[])[] = [];
    // On a busy machine a start may be over before it was looked at often.
    while (looks.length < 10) {
      rmSync(target, { force: true });
      spawn('systemctl', ['--user', 'restart', fleet.unit('canary')], { stdio: 'ignore' });
      await eventually(
        () => {
          looks.push(processesWith(secret));
          return existsSync(target) && readFileSync(target, 'utf8').includes(`TOKEN=${secret}`);
        },
        { everyMs: 1 },
      );
    }
    expect(looks.flat()).toEqual([]);
    const shown = [
      run('systemctl', '--user', 'show', fleet.unit('canary')).out,
      run('systemctl', '--user', 'status', fleet.unit('canary')).out,
      fleet.tmux('show-environment', '-g').out,
      fleet.tmux('show-environment', '-t', '=canary:').out,
      run('grep', '-r', secret, join(fleet.directory, 'record')).out,
    ];
    expect(shown.join('')).not.toContain(secret);
  });
});
