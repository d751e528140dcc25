import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { watchManifest } from '../../src/host/watch.ts';
import { directoryMaker, eventually, temporaryPlace } from './support/place.ts';
import {
  armed,
  EVENTS_ALONE,
  LONG_MS,
  quiet,
  saveAtomically,
  settled,
  wakesAfter,
  watching,
} from './support/watched.ts';

const newDirectory = directoryMaker(temporaryPlace());
const fail = (why: string): never => {
  throw new Error(why);
};

describe('watchManifest, by events', () => {
  it('tells of every file that is renamed over the manifest (F85)', async () => {
    const path = `${newDirectory()}/fleet.yaml`;
    const watched = await armed(path);
    for (const text of ['one', 'two', 'three']) await wakesAfter(watched, () => saveAtomically(path, text));
  });

  it('tells of a write in place (F85)', async () => {
    const path = `${newDirectory()}/fleet.yaml`;
    const watched = await armed(path);
    for (const text of ['one', 'two']) await wakesAfter(watched, () => writeFileSync(path, text));
  });

  it('watches several files beside each other, and tells of each its own changes alone', async () => {
    const directory = newDirectory();
    const paths = ['a', 'b', 'c'].map((name) => `${directory}/${name}.yaml`);
    const all = await Promise.all(paths.map((path) => armed(path)));
    for (const watched of all) await quiet(watched);
    for (const [at, path] of paths.entries()) {
      const before = all.map(({ wakes }) => wakes());
      const watched = all[at];
      if (watched === undefined) throw new Error('one watcher a file');
      await wakesAfter(watched, () => saveAtomically(path, 'new'));
      expect(all.map(({ wakes }, other) => other === at || wakes() === before[other])).toEqual([true, true, true]);
    }
  });

  it('tells that the manifest went, came back and was written again (F85)', async () => {
    const path = `${newDirectory()}/fleet.yaml`;
    const watched = await armed(path);
    await wakesAfter(watched, () => rmSync(path));
    await wakesAfter(watched, () => writeFileSync(path, 'again'));
    await wakesAfter(watched, () => writeFileSync(path, 'and again'));
  });

  it('tells of a manifest that was missing at first, and of every later write', async () => {
    const path = `${newDirectory()}/fleet.yaml`;
    const watched = watching(path, EVENTS_ALONE);
    await settled(watched, () => {
      rmSync(path, { force: true });
      writeFileSync(path, 'first');
    });
    await wakesAfter(watched, () => writeFileSync(path, 'second'));
    await wakesAfter(watched, () => saveAtomically(path, 'third'));
  });

  it('tells that a link was pointed elsewhere, and watches where it points now', async () => {
    const [directory, one, two] = [newDirectory(), `${newDirectory()}/one.yaml`, `${newDirectory()}/two.yaml`];
    const path = `${directory}/fleet.yaml`;
    symlinkSync(one, path);
    const watched = await armed(path);
    symlinkSync(two, `${path}.new`);
    await wakesAfter(watched, () => renameSync(`${path}.new`, path));
    await settled(watched, () => writeFileSync(two, 'two'));
    await wakesAfter(watched, () => saveAtomically(two, 'three'));
  });

  it('follows a directory that is swapped behind a link, as a ConfigMap is', async () => {
    const directory = newDirectory();
    for (const version of ['v1', 'v2']) mkdirSync(`${directory}/..${version}`);
    symlinkSync('..v1', `${directory}/..data`);
    symlinkSync('..data/fleet.yaml', `${directory}/fleet.yaml`);
    writeFileSync(`${directory}/..v2/fleet.yaml`, 'v2');
    const watched = await armed(`${directory}/fleet.yaml`);
    symlinkSync('..v2', `${directory}/..new`);
    await wakesAfter(watched, () => renameSync(`${directory}/..new`, `${directory}/..data`));
    await settled(watched, () => writeFileSync(`${directory}/..v2/fleet.yaml`, 'later'));
  });

  it('tells that the directory itself was replaced, and watches the new one (F86)', async () => {
    const parent = newDirectory();
    const path = `${parent}/checkout/fleet.yaml`;
    for (const name of ['checkout', 'next']) mkdirSync(`${parent}/${name}`);
    writeFileSync(`${parent}/next/fleet.yaml`, 'next');
    const watched = await armed(path);
    await wakesAfter(watched, () => {
      renameSync(`${parent}/checkout`, `${parent}/old`);
      renameSync(`${parent}/next`, `${parent}/checkout`);
    });
    await settled(watched, () => writeFileSync(path, 'later'));
  });

  it(
    'gathers ten thousand writes in a few wakes, and tells of the last (F87)',
    async () => {
      const path = `${newDirectory()}/fleet.yaml`;
      let seen = '';
      let wakes = 0;
      const wake = (): void => {
        wakes += 1;
        // A test that fails takes the file away while it is still watched.
        seen = existsSync(path) ? readFileSync(path, 'utf8') : '';
      };
      writeFileSync(path, 'first');
      const watch = watchManifest(path, { wake, trouble: fail });
      try {
        const started = performance.now();
        for (let count = 1; count <= 10_000; count += 1) {
          writeFileSync(path, String(count));
          if (count % 50 === 0) await new Promise(setImmediate);
        }
        await eventually(() => seen === '10000');
        expect(wakes).toBeLessThanOrEqual(2 + (performance.now() - started) / 100);
        await wakesAfter({ wakes: () => wakes }, () => writeFileSync(path, 'later'));
      } finally {
        // What still watches when the tests are over ends the whole run.
        await watch.close();
      }
    },
    LONG_MS,
  );
});
