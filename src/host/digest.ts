import { createHash } from 'node:crypto';

/** SHA-256 of a text as UTF-8, in hex. */
export const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** The first 16 hex digits: enough to tell versions of one file apart, short enough to read. */
export const shortHash = (text: string): string => sha256(text).slice(0, 16);
