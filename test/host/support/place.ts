import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';

/** A new directory of the test file's own, removed when the file is through. */
export function temporaryPlace(): string {
  const place = mkdtempSync(join(realpathSync(tmpdir()), 'mosaic-host-'));
  afterAll(() => rmSync(place, { recursive: true, force: true }));
  return place;
}

/** Makes one new, empty directory after the other. */
export function directoryMaker(place: string): () => string {
  let count = 0;
  return () => {
    const directory = `${place}/d${(count += 1)}`;
    mkdirSync(directory);
    return directory;
  };
}

/** What the call throws, so that code and message can be looked at together. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/** Waits until `look` answers with something; fails after half a minute, which a busy machine may need. */
export async function eventually<T>(look: () => T | undefined | false): Promise<T> {
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`not within thirty seconds: ${look.toString()}`);
}
