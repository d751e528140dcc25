import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { MAX_MANIFEST_BYTES, readManifestFile, whoElseMayWrite } from '../../src/host/manifest-file.ts';
import { temporaryPlace, thrownBy } from './support/place.ts';

const place = temporaryPlace();

describe('readManifestFile', () => {
  it('gives the bytes and what is known of the file, through a link too', () => {
    const file = `${place}/fleet.yaml`;
    writeFileSync(file, Buffer.from([0x61, 0xff]));
    chmodSync(file, 0o664);
    symlinkSync('fleet.yaml', `${place}/link`);
    const { ino: inode, uid } = statSync(file);
    expect(readManifestFile(`${place}/link`)).toEqual({
      bytes: Buffer.from([0x61, 0xff]),
      uid,
      mode: 0o664,
      realpath: file,
      inode,
    });
  });

  it('reads one byte more than a manifest may have, and no further', () => {
    writeFileSync(`${place}/long`, '');
    truncateSync(`${place}/long`, 100 * MAX_MANIFEST_BYTES);
    expect(readManifestFile(`${place}/long`).bytes).toHaveLength(MAX_MANIFEST_BYTES + 1);
  });

  it('B29: refuses at once what is no regular file', async () => {
    execFileSync('mkfifo', [`${place}/pipe`]);
    mkdirSync(`${place}/directory`);
    const server = createServer();
    await new Promise<void>((done) => server.listen(`${place}/socket`, done));
    try {
      for (const path of ['/dev/zero', `${place}/pipe`, `${place}/directory`, `${place}/socket`]) {
        const error = thrownBy(() => readManifestFile(path));
        expect(error).toMatchObject({ code: 'E_NOT_REGULAR', message: expect.stringContaining(path) });
      }
    } finally {
      server.close();
    }
  });

  it('B30: says which file is missing, also behind a broken link and below a file', () => {
    symlinkSync('nowhere', `${place}/broken`);
    symlinkSync('loop', `${place}/loop`);
    writeFileSync(`${place}/file`, '');
    for (const path of ['none', 'broken', 'loop', 'file/below'].map((name) => `${place}/${name}`)) {
      const error = thrownBy(() => readManifestFile(path));
      expect(error).toMatchObject({ code: 'E_MANIFEST_MISSING', message: expect.stringContaining(path) });
    }
  });
});

describe('whoElseMayWrite', () => {
  const uid = process.getuid?.() ?? 0;
  const manifest = (mode: number, directoryMode = 0o700): string => {
    const directory = `${place}/${mode.toString(8)}-${directoryMode.toString(8)}`;
    mkdirSync(directory);
    writeFileSync(`${directory}/fleet.yaml`, '');
    chmodSync(`${directory}/fleet.yaml`, mode);
    chmodSync(directory, directoryMode);
    return `${directory}/fleet.yaml`;
  };
  const why = (path: string, as = uid): string | undefined => whoElseMayWrite(path, readManifestFile(path), as);

  it('names nobody for what is the user’s alone, readable or not', () => {
    expect([why(manifest(0o600)), why(manifest(0o644, 0o755))]).toEqual([undefined, undefined]);
  });

  it('B31: names the file or the directory that others can write', () => {
    expect(why(manifest(0o660))).toMatch(/fleet\.yaml has mode 0660, so others can write it; chmod go-w /);
    expect(why(manifest(0o602))).toContain('mode 0602');
    expect(why(manifest(0o600, 0o770))).toMatch(/\/600-770 has mode 0770/);
  });

  it('looks at what a link leads to, and at the directory of the link', () => {
    const target = manifest(0o640, 0o777);
    const home = `${place}/linked`;
    mkdirSync(home, { mode: 0o700 });
    symlinkSync(target, `${home}/fleet.yaml`);
    expect(why(`${home}/fleet.yaml`)).toMatch(/\/640-777 has mode 0777/);
    chmodSync(`${place}/640-777`, 0o700);
    expect(why(`${home}/fleet.yaml`)).toBeUndefined();
    chmodSync(home, 0o770);
    expect(why(`${home}/fleet.yaml`)).toMatch(/\/linked has mode 0770/);
  });

  it('looks at the directory of every link on the way, where those of the system are root’s', () => {
    const target = manifest(0o440);
    const [home, middle] = [`${place}/chain`, `${place}/chain-middle`];
    for (const directory of [home, middle]) mkdirSync(directory, { mode: 0o700 });
    symlinkSync(target, `${middle}/fleet.yaml`);
    symlinkSync(`${middle}/fleet.yaml`, `${home}/fleet.yaml`);
    symlinkSync(`/proc/self/root${home}/fleet.yaml`, `${home}/system.yaml`);
    expect([why(`${home}/fleet.yaml`), why(`${home}/system.yaml`)]).toEqual([undefined, undefined]);
    chmodSync(middle, 0o770);
    expect(why(`${home}/fleet.yaml`)).toMatch(/\/chain-middle has mode 0770/);
  });

  it('B31: names another owner', () => {
    expect(why(manifest(0o400), uid + 1)).toContain(`belongs to uid ${uid}, not to you (${uid + 1})`);
  });
});
