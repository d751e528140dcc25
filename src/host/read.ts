import { readSync } from 'node:fs';

/** Reused by every read: they are synchronous, and a buffer for each of hundreds of small files costs more than they. */
const scratch = Buffer.allocUnsafeSlow(65_536);

/** Reads an open file, from a place in it or on, to its end, but never more than `maxBytes`: a size told beforehand can lie. */
export function readAtMost(fd: number, maxBytes: number, from?: number): Buffer {
  const chunks: Buffer[] = [];
  for (let room = maxBytes; room > 0;) {
    const count = readSync(
      fd,
      scratch,
      0,
      Math.min(room, scratch.length),
      from === undefined ? null : from + maxBytes - room,
    );
    if (count === 0) break;
    chunks.push(Buffer.from(scratch.subarray(0, count)));
    room -= count;
  }
  return chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks);
}
