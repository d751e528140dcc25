import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { sweepTemporaries } from '../../src/host/temporary.ts';
import { createFileWriter } from '../../src/host/writer.ts';
import { bundleProgram, startProgram } from './support/program.ts';
import { directoryMaker, eventually, temporaryPlace, thrownBy } from './support/place.ts';

const place = temporaryPlace();
const writer = createFileWriter();
const newDirectory = directoryMaker(place);
const modeOf = (path: string): number => lstatSync(path).mode & 0o7777;

describe('write', () => {
  it.each([0o000, 0o077, 0o777])('gives the file exactly its mode under umask %o', (mask) => {
    const path = `${newDirectory()}/file`;
    const before = process.umask(mask);
    try {
      writer.write(path, 'text', 0o755);
      expect(modeOf(path)).toBe(0o755);
      writer.write(path, 'text', 0o600);
      expect(modeOf(path)).toBe(0o600);
    } finally {
      process.umask(before);
    }
    expect(readFileSync(path, 'utf8')).toBe('text');
  });

  it('touches nothing when content and mode are right already', () => {
    const path = `${newDirectory()}/file`;
    writer.write(path, 'same ü', 0o600);
    const { ino, ctimeNs } = lstatSync(path, { bigint: true });
    writer.write(path, 'same ü', 0o600);
    expect(lstatSync(path, { bigint: true })).toMatchObject({ ino, ctimeNs });
    writer.write(path, 'size ü', 0o600);
    expect(readFileSync(path, 'utf8')).toBe('size ü');
  });

  it('leaves nothing but the file in the directory', () => {
    const directory = newDirectory();
    writer.write(`${directory}/file`, 'one', 0o600);
    writer.write(`${directory}/file`, 'two', 0o600);
    expect(readdirSync(directory)).toEqual(['file']);
  });

  it('refuses a link at its target, also a broken one, and leaves the victim alone (F17)', () => {
    const directory = newDirectory();
    writeFileSync(`${directory}/victim`, 'victim');
    symlinkSync(`${directory}/victim`, `${directory}/link`);
    symlinkSync(`${directory}/none`, `${directory}/broken`);
    for (const name of ['link', 'broken']) {
      const error = thrownBy(() => writer.write(`${directory}/${name}`, 'new', 0o600));
      expect(error).toMatchObject({ code: 'E_SYMLINK', message: expect.stringContaining(`${directory}/${name}`) });
    }
    expect(readFileSync(`${directory}/victim`, 'utf8')).toBe('victim');
    expect(readdirSync(directory).toSorted()).toEqual(['broken', 'link', 'victim']);
  });

  it('refuses a link anywhere on the way below the caller’s own directory (F18)', () => {
    const directory = newDirectory();
    mkdirSync(`${directory}/real/deep`, { recursive: true });
    symlinkSync(`${directory}/real`, `${directory}/link`);
    for (const path of [`${directory}/link/file`, `${directory}/link/deep/file`]) {
      expect(thrownBy(() => writer.write(path, 'new', 0o600))).toMatchObject({
        code: 'E_SYMLINK',
        message: `${directory}/link is a symbolic link`,
      });
    }
    expect(readdirSync(`${directory}/real`)).toEqual(['deep']);
  });

  it('replaces the name and never the contents of a file that has another name elsewhere (F19)', () => {
    const directory = newDirectory();
    writeFileSync(`${directory}/foreign`, 'foreign');
    linkSync(`${directory}/foreign`, `${directory}/file`);
    writer.write(`${directory}/file`, 'ours', 0o600);
    expect(readFileSync(`${directory}/foreign`, 'utf8')).toBe('foreign');
    expect(readFileSync(`${directory}/file`, 'utf8')).toBe('ours');
  });

  it('replaces neither a directory nor a pipe, and needs its directory to be there', () => {
    const directory = newDirectory();
    mkdirSync(`${directory}/directory`);
    execFileSync('mkfifo', [`${directory}/pipe`]);
    writeFileSync(`${directory}/plain`, '');
    const codeAt = (name: string): unknown => thrownBy(() => writer.write(`${directory}/${name}`, 'new', 0o600));
    expect(codeAt('directory')).toMatchObject({ code: 'E_NOT_DIR' });
    expect(codeAt('pipe')).toMatchObject({ code: 'E_IO' });
    expect(codeAt('none/file')).toMatchObject({ code: 'E_IO', message: expect.stringContaining('does not exist') });
    expect(codeAt('plain/file')).toMatchObject({ code: 'E_NOT_DIR' });
    expect(readdirSync(directory).toSorted()).toEqual(['directory', 'pipe', 'plain']);
  });

  it('refuses a path that is relative or climbs', () => {
    expect(thrownBy(() => writer.write('file', '', 0o600))).toMatchObject({ code: 'E_INTERNAL' });
    expect(thrownBy(() => writer.write(`${place}/x/../../file`, '', 0o600))).toMatchObject({ code: 'E_INTERNAL' });
  });

  it('lets a reader see the old or the new content and mode, never a mixture', async () => {
    const path = `${newDirectory()}/file`;
    const program = startProgram(bundleProgram('write-file', place), ['alternate', path]);
    await eventually(() => existsSync(path));
    const seen = new Set<string>();
    for (let round = 0; round < 10_000; round += 1) {
      const text = readFileSync(path, 'utf8');
      seen.add(text);
      if (round % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      expect([0o600, 0o640]).toContain(modeOf(path));
    }
    writeFileSync(`${path}.enough`, '');
    expect(await program.ended).toBe(0);
    expect([...seen].toSorted()).toEqual(['a'.repeat(8192), 'b'.repeat(8192)]);
  }, 60_000);
});

describe('write that is killed', () => {
  it('leaves the old or the new file whole, and a sweep clears what it left beside it (F01)', async () => {
    const directory = newDirectory();
    const program = bundleProgram('write-file', place);
    const whole = ['a'.repeat(8192), 'b'.repeat(8192)];
    for (let round = 0; round < 15; round += 1) {
      const running = startProgram(program, ['alternate', `${directory}/file`]);
      await eventually(() => existsSync(`${directory}/file`));
      await new Promise((resolve) => setTimeout(resolve, 40 + round));
      running.child.kill('SIGKILL');
      await running.ended;
      expect(whole).toContain(readFileSync(`${directory}/file`, 'utf8'));
      sweepTemporaries(directory);
      expect(readdirSync(directory)).toEqual(['file']);
    }
  }, 30_000);
});

describe('write on a machine in trouble', () => {
  const program = bundleProgram('write-file', place);
  chmodSync(place, 0o755);
  const node = process.execPath;
  // A mount namespace of its own: root makes one, anybody else becomes root within one of users.
  const namespace = ['unshare', process.getuid?.() === 0 ? '-m' : '-rm', 'sh', '-c'];
  const run = (...argv: string[]): unknown => {
    const [file = '', ...args] = argv;
    return JSON.parse(execFileSync(file, args, { encoding: 'utf8' }));
  };

  it('says E_DISK_FULL and keeps the old file and nothing else (F07)', () => {
    const at = newDirectory();
    const script = `mount -t tmpfs -o size=64k,mode=700 none ${at} && printf old > ${at}/file &&
      ${node} ${program} once ${at}/file 1000000 && printf '\\n%s %s' "$(cat ${at}/file)" "$(ls -A ${at})"`;
    const [json = '', rest] = execFileSync(namespace[0] ?? '', [...namespace.slice(1), script], {
      encoding: 'utf8',
    }).split('\n');
    expect(JSON.parse(json)).toEqual({
      code: 'E_DISK_FULL',
      message: `cannot write ${at}/file: no space left on device (ENOSPC)`,
    });
    expect(rest).toBe('old file');
  });

  it('says E_READONLY on a read-only file system (F10)', () => {
    const at = newDirectory();
    const script = `mount -t tmpfs -o ro none ${at} && ${node} ${program} once ${at}/file 10`;
    expect(run(...namespace, script)).toMatchObject({ code: 'E_READONLY', message: expect.stringContaining(at) });
  });

  it('says E_LIMIT when no descriptor is left (F12)', () => {
    const path = `${newDirectory()}/file`;
    const limited = ['sh', '-c', `ulimit -n 64; exec ${node} ${program} exhaust ${path}`];
    expect(run(...limited)).toMatchObject({ code: 'E_LIMIT', message: expect.stringContaining('EMFILE') });
    expect(existsSync(path)).toBe(false);
  });

  it('says E_PERMISSION in a directory that is not for us (F11)', () => {
    const at = newDirectory();
    chmodSync(at, 0o555);
    const asNobody = process.getuid?.() === 0 ? ['setpriv', '--reuid', '65534', '--clear-groups'] : [];
    expect(run(...asNobody, node, program, 'once', `${at}/file`, '1')).toEqual({
      code: 'E_PERMISSION',
      message: `cannot write ${at}/file: permission denied (EACCES)`,
    });
  });
});

describe('link', () => {
  it('makes a link, turns it, and leaves a right one alone', () => {
    const directory = newDirectory();
    const path = `${directory}/link`;
    writer.link(path, '../one');
    const before = lstatSync(path).ino;
    writer.link(path, '../one');
    expect(lstatSync(path).ino).toBe(before);
    writer.link(path, '../two');
    expect(readlinkSync(path)).toBe('../two');
    expect(readdirSync(directory)).toEqual(['link']);
  });

  it('never replaces what is no link', () => {
    const path = `${newDirectory()}/file`;
    writeFileSync(path, 'mine');
    expect(thrownBy(() => writer.link(path, 'elsewhere'))).toMatchObject({ code: 'E_EXISTS' });
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });
});

describe('remove and removeDirectory', () => {
  it('remove what is there, and are content with what is not', () => {
    const directory = newDirectory();
    writeFileSync(`${directory}/file`, '');
    mkdirSync(`${directory}/empty`);
    for (const times of [1, 2]) {
      writer.remove(`${directory}/file`);
      writer.removeDirectory(`${directory}/empty`);
      expect({ times, left: readdirSync(directory) }).toEqual({ times, left: [] });
    }
    writer.remove(`${directory}/none/file`);
    writer.removeDirectory(`${directory}/none/empty`);
  });

  it('remove a link and never what it leads to', () => {
    const directory = newDirectory();
    mkdirSync(`${directory}/real`);
    writeFileSync(`${directory}/real/file`, 'kept');
    symlinkSync('real', `${directory}/link`);
    expect(thrownBy(() => writer.remove(`${directory}/link/file`))).toMatchObject({ code: 'E_SYMLINK' });
    expect(thrownBy(() => writer.removeDirectory(`${directory}/link`))).toMatchObject({ code: 'E_NOT_DIR' });
    writer.remove(`${directory}/link`);
    expect(existsSync(`${directory}/real/file`)).toBe(true);
  });

  it('leave a directory that is not empty, and refuse to unlink one', () => {
    const directory = newDirectory();
    writeFileSync(`${directory}/file`, '');
    writer.removeDirectory(directory);
    expect(statSync(directory).isDirectory()).toBe(true);
    expect(thrownBy(() => writer.remove(directory))).toMatchObject({ code: 'E_NOT_DIR' });
  });
});
