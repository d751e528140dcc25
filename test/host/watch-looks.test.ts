import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { directoryMaker, eventually, temporaryPlace } from './support/place.ts';
import { bundleProgram } from './support/program.ts';
import {
  armed,
  EVENTS_ALONE,
  LONG_MS,
  LOOKS_ALONE,
  quiet,
  saveAtomically,
  wakesAfter,
  watching,
} from './support/watched.ts';

const place = temporaryPlace();
const newDirectory = directoryMaker(place);

describe('watchManifest, by looking', () => {
  it('sees directories that appear one after the other on the way to the manifest', async () => {
    const parent = newDirectory();
    const path = `${parent}/a/b/fleet.yaml`;
    const watched = watching(path, LOOKS_ALONE);
    await wakesAfter(watched, () => mkdirSync(`${parent}/a/b`, { recursive: true }));
    await wakesAfter(watched, () => writeFileSync(path, 'first'));
    await wakesAfter(watched, () => rmSync(`${parent}/a`, { recursive: true }));
  });

  it('looks into a directory of thousands instead of having it read at every event in it', async () => {
    const directory = newDirectory();
    for (let count = 0; count <= 2000; count += 1) writeFileSync(`${directory}/f${count}`, '');
    const path = `${directory}/fleet.yaml`;
    const events = watching(path, EVENTS_ALONE);
    const looks = watching(path, LOOKS_ALONE);
    await wakesAfter(looks, () => writeFileSync(path, 'first'));
    await wakesAfter(looks, () => saveAtomically(path, 'second'));
    expect(events.wakes()).toBe(0);
  });

  it(
    'is not woken by ten thousand files beside the manifest, and has the directory read no more',
    async () => {
      const directory = newDirectory();
      const path = `${directory}/fleet.yaml`;
      const looks = await armed(path, LOOKS_ALONE);
      const events = await armed(path);
      await quiet(looks);
      const before = { events: events.wakes(), looks: looks.wakes() };
      for (let count = 0; count < 10_000; count += 1) {
        writeFileSync(`${directory}/f${count % 100}`, String(count));
        if (count % 50 === 0) await new Promise(setImmediate);
      }
      expect(looks.wakes()).toBe(before.looks);
      await wakesAfter(looks, () => saveAtomically(path, 'new'));
      await quiet(events);
      expect(events.wakes()).toBe(before.events);
    },
    LONG_MS,
  );

  it('sees through a chain of links without an end', async () => {
    const path = `${newDirectory()}/fleet.yaml`;
    symlinkSync('fleet.yaml', path);
    const watched = watching(path, LOOKS_ALONE);
    await wakesAfter(watched, () => saveAtomically(path, 'a file at last'));
  });

  it('says that a limit of inotify is reached, and sees what changes all the same (F86)', async () => {
    const path = `${newDirectory()}/fleet.yaml`;
    const program = bundleProgram('manifest-watcher', place);
    // The limits belong to a user namespace: inside one of its own they are ours to set.
    const script = 'echo 0 >/proc/sys/user/max_inotify_instances && exec "$@"';
    const argv = ['--user', '--map-root-user', 'bash', '-c', script, 'bash', process.execPath, program, path];
    const child = spawn('unshare', argv, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    try {
      await eventually(() => output.includes('trouble: '));
      expect(output).toMatch(/^trouble: no events from the file system: the limit fs\.inotify\.max_user_instances/m);
      for (const text of ['one', 'two']) {
        const before = output.length;
        saveAtomically(path, text);
        await eventually(() => output.slice(before).includes('wake'));
      }
      expect(output.match(/trouble/g)).toHaveLength(1);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

describe('closing', () => {
  it('tells nothing more', async () => {
    const path = `${newDirectory()}/fleet.yaml`;
    const closed = await armed(path, LOOKS_ALONE);
    const other = await armed(path, LOOKS_ALONE);
    await closed.close();
    const before = closed.wakes();
    await wakesAfter(other, () => saveAtomically(path, 'new'));
    expect(closed.wakes()).toBe(before);
  });
});
