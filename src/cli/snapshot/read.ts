import { resolve } from 'node:path';
import { validateSnapshot } from '../../generated/validate-snapshot.js';
import { readDocument } from '../../host/document-file.ts';
import { checkDocument } from '../document.ts';
import type { Snapshot } from './document.ts';

/** A thousand agents fill a tenth of it. */
const MAX_BYTES = 32 * 1024 * 1024;

/** Reads a snapshot. E_SNAPSHOT for what is none or damaged, E_SNAPSHOT_VERSION for one of another mosaic. */
export function readSnapshot(file: string): Snapshot {
  const what = `the snapshot ${file}`;
  const text = readDocument(resolve(file), { what, code: 'E_SNAPSHOT', maxBytes: MAX_BYTES });
  return parseSnapshot(text, what);
}

/** The same for its text; `what` is what messages call it. */
export function parseSnapshot(text: string, what: string): Snapshot {
  const value = checkDocument(text, {
    kind: 'Snapshot',
    what,
    invalid: 'E_SNAPSHOT',
    otherBuild: 'E_SNAPSHOT_VERSION',
    validate: validateSnapshot,
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the schema has checked every field of it
  return value as Snapshot;
}
