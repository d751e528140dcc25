import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { MAX_MANIFEST_BYTES, readManifestFile } from '../../src/host/manifest-file.ts';
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

  it('refuses at once what is no regular file', async () => {
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

  it('says which file is missing, also behind a broken link and below a file', () => {
    symlinkSync('nowhere', `${place}/broken`);
    symlinkSync('loop', `${place}/loop`);
    writeFileSync(`${place}/file`, '');
    for (const path of ['none', 'broken', 'loop', 'file/below'].map((name) => `${place}/${name}`)) {
      const error = thrownBy(() => readManifestFile(path));
      expect(error).toMatchObject({ code: 'E_MANIFEST_MISSING', message: expect.stringContaining(path) });
    }
  });
});
