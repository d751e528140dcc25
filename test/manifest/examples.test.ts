import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { complaints } from './support.ts';

const EXAMPLES = new URL('../../manifests/examples/', import.meta.url);

describe('an example manifest', () => {
  it.each(readdirSync(EXAMPLES))('%s is valid and gives no warning', (name) => {
    expect(complaints(readFileSync(new URL(name, EXAMPLES)))).toEqual([]);
  });
});
