import { describe, expect, it } from '@jest/globals';
import { parseSnapshot } from '../../../src/cli/snapshot/read.ts';
import { FleetError } from '../../../src/model/error.ts';
import { fleetWith } from '../../support/fleet.ts';
import { worldOf } from '../../support/observed.ts';
import { snapshotText } from '../../support/snapshot.ts';

const text = snapshotText(worldOf(fleetWith({ coder: '{ command: [codex], env: { API_TOKEN: hunter2 } }' })));

/** Code and message of the refusal. */
function refusal(changed: string): string {
  try {
    parseSnapshot(changed, 'the snapshot x.json');
    return 'none';
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

/** The same snapshot with another value at a place. */
function damaged(path: readonly string[], value: unknown): string {
  const document: unknown = JSON.parse(text);
  const above = path.slice(0, -1).reduce((found, key) => Reflect.get(found as object, key) as unknown, document);
  Reflect.set(above as object, path.at(-1) ?? '', value);
  return JSON.stringify(document);
}

const invalid = (why: string): string => `E_SNAPSHOT: the snapshot x.json ${why}`;

describe('a snapshot', () => {
  it('is read as it was taken, and holds no secret', () => {
    expect(refusal(text)).toBe('none');
    expect(JSON.stringify(parseSnapshot(text, 'x'))).toBe(text);
    expect(text).not.toContain('hunter2');
    expect(text).toMatch(/"API_TOKEN":"\(hidden:[0-9a-f]{64}\)"/);
  });

  it.each<[string, string, string]>([
    ['nothing', '', 'ends in the middle'],
    ['half of it', text.slice(0, text.length / 2), 'is not valid JSON'],
    ['another text', 'TOKEN=hunter2\n', 'is not valid JSON'],
    ['a list', '[]', 'is not a snapshot'],
    ['another document', '{"kind":"SavedPlan"}', 'is not a snapshot'],
    ['a deep nesting', `${'['.repeat(200_000)}${']'.repeat(200_000)}`, 'is nested too deeply at /0/0/0'],
    [
      'a key that reaches a prototype',
      text.replace('"paths":{', '"paths":{"__proto__":{},'),
      'has a key __proto__ at /host/paths',
    ],
  ])('is refused for %s, with what and where, and nothing of the text', (_, changed, why) => {
    expect(refusal(changed)).toContain(invalid(why));
    expect(refusal(changed)).not.toContain('hunter2');
  });

  const coder = ['items', 'launch.coder'];

  it.each<[string, readonly string[], unknown]>([
    ['/host/user', ['host', 'user'], 'ada'],
    ['/host', ['host', 'user'], undefined],
    ['/host/home', ['host', 'home'], 'relative'],
    ['/host/paths/~1x/executable', ['host', 'paths', '/x'], { kind: 'file', executable: 1, mode: 0, uid: 0 }],
    ['/items/launch.coder', coder, { state: 'present', owner: 'fleet' }],
    ['/items/launch.coder', coder, { state: 'unknown' }],
    ['/items/launch.coder/state', coder, { state: 'gone' }],
    ['/items', ['items', 'launch.\u001b[2J'], { state: 'absent' }],
    ['/activity/coder', ['activity', 'coder'], 'asleep'],
    ['/executables/~1bin/0', ['executables', '/bin'], [7]],
    ['/salt', ['salt'], 'x'],
  ])('is refused for a wrong value: %s', (place, path, value) => {
    expect(refusal(damaged(path, value))).toContain(`${invalid('is damaged:')} ${place} must`);
  });

  it.each(['version', 'build'])('is refused from another %s of mosaic before its fields are looked at', (part) => {
    const changed = damaged(['mosaic', part], 'other').replace('"host":{', '"host":{"user":1,');
    expect(refusal(changed)).toMatch(/^E_SNAPSHOT_VERSION: .*other.*, this is 9\.9\.9 \(build 0123456789ab\)$/);
  });
});
