import { describe, expect, it } from '@jest/globals';
import type { PathFact } from '../../src/model/observed.ts';
import { hostProblems, pathsToCheck, uncheckedPaths } from '../../src/reconciler/host-checks.ts';
import { agentIn, fleetWith, hostFor } from '../support/fleet.ts';

const MISSING: PathFact = { kind: 'missing', executable: false, mode: 0, uid: 0 };
const FILE: PathFact = { kind: 'file', executable: false, mode: 0o600, uid: 1000 };
const fleet = fleetWith({
  coder: '{ command: [codex], path: [~/bin, /usr/bin], envFiles: [~/keys], workingDirectory: ~/src }',
});

const problems = (paths: Record<string, PathFact>, of = fleet): readonly string[] =>
  hostProblems(agentIn(of), hostFor(of, { paths })).map(
    ({ reason, message, hint }) => `${reason}: ${message}; ${hint}`,
  );

describe('pathsToCheck', () => {
  it('names every place a program may be, the directory and the env files, sorted and once', () => {
    expect(pathsToCheck(fleet, '/home/ada')).toEqual([
      '/home/ada/bin/codex',
      '/home/ada/keys',
      '/home/ada/src',
      '/usr/bin/codex',
    ]);
  });

  it.each([
    ['/opt/codex', '/opt/codex'],
    ['~/codex', '/home/ada/codex'],
    ['./codex', '/home/ada/src/./codex'],
  ])('looks for %s at %s alone', (program, path) => {
    const named = fleetWith({ coder: `{ command: [${program}], workingDirectory: ~/src }` });
    expect(pathsToCheck(named, '/home/ada')).toContain(path);
    expect(pathsToCheck(named, '/home/ada')).toHaveLength(2);
  });
});

describe('uncheckedPaths', () => {
  const unchecked = (paths: Record<string, PathFact>): readonly string[] =>
    uncheckedPaths(agentIn(fleet), { ...hostFor(fleet), paths });
  const PROGRAM: PathFact = { ...FILE, executable: true };

  it('are all that was not looked at, of the program only while it was found nowhere', () => {
    expect(unchecked({})).toEqual(['/home/ada/src', '/home/ada/keys', '/home/ada/bin/codex', '/usr/bin/codex']);
    expect(unchecked({ '/home/ada/keys': FILE, '/usr/bin/codex': PROGRAM })).toEqual(['/home/ada/src']);
    expect(unchecked({ '/home/ada/src': MISSING, '/home/ada/keys': FILE, '/usr/bin/codex': FILE })).toEqual([
      '/home/ada/bin/codex',
    ]);
    const directory: PathFact = { ...PROGRAM, kind: 'directory' };
    expect(unchecked({ '/home/ada/bin/codex': directory, '/usr/bin/codex': MISSING })).toHaveLength(2);
  });
});

describe('hostProblems', () => {
  it('finds none on a host that is fit', () => expect(problems({})).toEqual([]));

  it('takes a program with spaces that is nowhere for a command line', () => {
    const hint = (program: string): string => {
      const of = fleetWith({ coder: `{ command: [${program}], path: [/b] }` });
      return problems({ [`/b/${program}`]: MISSING }, of).join();
    };
    expect(hint('codex --full-auto')).toContain('one item per word');
    expect(hint('codex')).toContain('; Install it');
  });

  it('needs the program in one of the directories only', () => {
    expect(problems({ '/home/ada/bin/codex': MISSING })).toEqual([]);
    expect(problems({ '/home/ada/bin/codex': MISSING, '/usr/bin/codex': MISSING })).toEqual([
      expect.stringMatching(/^command-not-found: .*searched: \/home\/ada\/bin, \/usr\/bin/),
    ]);
  });

  it('names the one place of a program given by its path', () => {
    const named = fleetWith({ coder: '{ command: [/opt/codex] }' });
    expect(problems({ '/opt/codex': MISSING }, named)).toEqual([expect.stringContaining('(searched: /opt/codex)')]);
  });

  it('tells a program that is not executable from one that is not there', () => {
    expect(problems({ '/home/ada/bin/codex': MISSING, '/usr/bin/codex': FILE })).toEqual([
      'command-not-found: /usr/bin/codex is not executable; chmod +x /usr/bin/codex',
    ]);
  });

  it.each<[PathFact, string]>([
    [MISSING, 'does not exist; mkdir -p /home/ada/src'],
    [FILE, 'is not a directory'],
    [{ ...FILE, kind: 'directory' }, 'cannot be entered'],
  ])('refuses a working directory that is %j (F34)', (fact, text) => {
    expect(problems({ '/home/ada/src': fact })).toEqual([expect.stringContaining(text)]);
  });

  it.each<[PathFact, string]>([
    [MISSING, 'does not exist; install -m 600'],
    [{ ...FILE, kind: 'directory' }, 'is not a regular file'],
    [{ ...FILE, uid: 0 }, 'belongs to another user'],
    [{ ...FILE, mode: 0o700 }, 'is executable (mode 700); chmod 600 /home/ada/keys'],
    [{ ...FILE, mode: 0o640 }, 'can be read by others (mode 640); chmod 600 /home/ada/keys'],
  ])('refuses an env file that is %j', (fact, text) => {
    expect(problems({ '/home/ada/keys': fact })).toEqual([expect.stringContaining(text)]);
  });

  it('gives commands that can be copied', () => {
    const spaced = fleetWith({ coder: "{ command: [codex], path: [/usr/bin], workingDirectory: '~/it''s mine' }" });
    expect(problems({ "/home/ada/it's mine": MISSING }, spaced)).toEqual([
      expect.stringMatching(/; mkdir -p '\/home\/ada\/it'\\''s mine'$/),
    ]);
  });

  it.each([
    ['command-not-found: the program /home/ada/bin/codex', ['/home/ada/bin/codex', '/usr/bin/codex']],
    ['working-directory: the working directory /home/ada/src', ['/home/ada/src']],
    ['env-file: the env file /home/ada/keys', ['/home/ada/keys']],
  ])('says of what nobody may look at no more than that: %s', (text, paths) => {
    const denied: PathFact = { ...MISSING, kind: 'denied' };
    expect(problems(Object.fromEntries(paths.map((path) => [path, denied])))).toEqual([
      expect.stringMatching(new RegExp(`^${text} of coder cannot be looked at; .*: namei -l ${paths[0]}$`)),
    ]);
  });

  it('checks nothing it has no fact of', () => {
    expect(hostProblems(agentIn(fleet), { ...hostFor(fleet), paths: {} })).toEqual([]);
  });
});
