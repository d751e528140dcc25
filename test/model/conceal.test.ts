import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { concealed, hiddenAs } from '../../src/model/conceal.ts';
import type { JsonObject } from '../../src/model/resource.ts';
import { diff } from '../../src/reconciler/diff.ts';
import { concealWith } from '../../src/cli/snapshot/conceal.ts';

const SECRETS = ['hunter2', 'sk-abcdefghijklmnopqrstuvwx', 'correct horse'];
const word = fc.constantFrom('tool', '-v', '--api-key', '--token', '--token=hunter2', '(hidden:x)', ...SECRETS);
const launch: fc.Arbitrary<JsonObject> = fc
  .record({
    command: fc.array(word, { maxLength: 6 }),
    env: fc.dictionary(fc.constantFrom('API_TOKEN', 'PLAIN', 'DB_PASSWORD'), fc.constantFrom('a', ...SECRETS)),
  })
  .map(({ command, env }) => ({ command, env: { ...env } }));
const pair = fc.tuple(launch, launch);
const RUNS = { seed: 20_260_102, numRuns: 2000 };

describe('a concealed document', () => {
  const seal = concealWith('salt');

  it('gives the same patch against any other as the document itself', () => {
    fc.assert(
      fc.property(pair, ([seen, wanted]) => {
        expect(diff(concealed(seen, seal), wanted, seal)).toEqual(diff(seen, wanted));
      }),
      RUNS,
    );
  });

  it('changes no more when it is concealed again', () => {
    fc.assert(
      fc.property(launch, (document) => {
        const once = concealed(document, seal);
        expect(concealed(once, concealWith('other'))).toEqual(once);
      }),
      RUNS,
    );
  });

  it('holds no secret that stands where secrets stand, nor does a patch', () => {
    const document = { command: ['x', '--api-key', 'hunter2', '--token=hunter2'], env: { API_TOKEN: 'hunter2' } };
    expect(JSON.stringify(concealed(document, seal))).not.toContain('hunter2');
    expect(JSON.stringify(diff({}, document))).not.toContain('hunter2');
    expect(diff({}, document)).toContainEqual({ op: 'add', path: '/env', value: { API_TOKEN: '(hidden)' } });
  });

  it('tells equal secrets from others under one salt, and nothing under two', () => {
    const [one, same, other] = ['a', 'a', 'b'].map((secret) => concealed({ env: { TOKEN: secret } }, seal));
    expect(one).toEqual(same);
    expect(one).not.toEqual(other);
    expect(concealWith('salt 2')('a')).not.toBe(seal('a'));
    expect(hiddenAs('x')).toBe('(hidden:x)');
  });
});
