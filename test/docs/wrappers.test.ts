import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { RECIPES, wrappers } from './wrappers.ts';

describe('a wrapper for a CI system', () => {
  it('is there for each that the guide names', () => {
    const guide = readFileSync(`${RECIPES}/../ci.md`, 'utf8');
    const named = new Set([...guide.matchAll(/\(ci\/([a-z]+\.yaml)\)/g)].map(([, name]) => name));
    expect(wrappers().map(([name]) => name)).toEqual(['gitea.yaml', 'github.yaml', 'gitlab.yaml', 'woodpecker.yaml']);
    expect(named).toEqual(new Set(wrappers().map(([name]) => name)));
  });

  it.each(wrappers())('%s runs the script once, and is short', (name, lines) => {
    expect(lines).toEqual([expect.stringMatching(/^sh ci\/mosaic-plan\.sh .*fleet\.observed\.json fleet\.yaml$/)]);
    expect(readFileSync(`${RECIPES}/${name}`, 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(12);
  });
});
