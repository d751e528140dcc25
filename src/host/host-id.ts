import { hostname } from 'node:os';
import { sha256 } from './digest.ts';
import { createFileReader } from './files.ts';

/** Tells one machine from another. Not the machine-id itself, which is confidential (machine-id(5)). */
export function thisHostId(): string {
  const id = createFileReader().read('/etc/machine-id', 1024)?.trim() ?? '';
  return sha256(`mosaic-fleet host ${id === '' ? hostname() : id}`).slice(0, 32);
}
