import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { agentFieldClass, fleetFieldClass, shapeAt } from '../../src/manifest/schema.ts';
import { fleetOf, withAgent } from './support.ts';

interface Schema {
  readonly description?: string;
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly definitions?: Readonly<Record<string, Schema>>;
  readonly 'x-mosaic-change'?: string;
}

const schema: Schema = JSON.parse(
  readFileSync(new URL('../../manifests/schema/fleet.schema.json', import.meta.url), 'utf8'),
);
const agent = schema.definitions?.['agent']?.properties ?? {};
const tmux = schema.definitions?.['tmux']?.properties ?? {};
const spec = schema.properties?.['spec']?.properties ?? {};

const CLASSES = ['mark', 'live', 'restart', 'next_start', 'replace'];

describe('the change class', () => {
  it('is declared by every agent field but state', () => {
    expect(Object.keys(agent).filter((field) => !CLASSES.includes(agent[field]?.['x-mosaic-change'] ?? ''))).toEqual([
      'state',
    ]);
    expect(Object.keys(agentFieldClass)).toEqual(Object.keys(agent).filter((field) => field !== 'state'));
  });

  it('is declared by every field of the fleet, under its name in Fleet', () => {
    const fields = Object.keys(fleetOf(withAgent('command: [x]'))).filter(
      (field) => !['name', 'agents'].includes(field),
    );
    expect(Object.keys(fleetFieldClass).toSorted()).toEqual(fields.toSorted());
    expect(Object.values(fleetFieldClass).every((change) => CLASSES.includes(change))).toBe(true);
  });

  it.each([
    ['mark', ['description', 'labels', 'updatePolicy', 'protect', 'resume', 'adapter']],
    ['live', ['limits', 'restart', 'stop']],
    ['restart', ['command', 'shell', 'workingDirectory', 'env', 'envFiles', 'path']],
  ])('%s is what the planning laws say it is', (change, fields) => {
    const found = Object.keys(agentFieldClass).filter((field) => agentFieldClass[field] === change);
    expect(found.toSorted()).toEqual(fields.toSorted());
  });

  it('of the fleet is what the planning laws say it is', () => {
    expect(fleetFieldClass).toEqual({
      socket: 'replace',
      tmpdir: 'replace',
      supervisor: 'replace',
      historyLimit: 'next_start',
      size: 'next_start',
      options: 'live',
      notify: 'mark',
      agentsMayManage: 'mark',
      adapters: 'mark',
    });
  });
});

describe('an editor', () => {
  it('finds a description of every field', () => {
    const fields = [schema, ...Object.values(schema.definitions ?? {})].flatMap((part) => describedFields(part));
    expect(fields.length).toBeGreaterThan(40);
    expect(
      fields.filter(([, field]) => field.description === undefined && field.$ref === undefined).map(([name]) => name),
    ).toEqual([]);
  });

  function describedFields(part: Schema): readonly (readonly [string, Schema])[] {
    return Object.entries(part.properties ?? {}).flatMap(([name, field]) => [
      [name, field] as const,
      ...describedFields(field),
    ]);
  }
});

describe('the shape of a path', () => {
  it.each([
    [['spec', 'agents', 'a', 'restart', 'delay'], 'a duration such as 500ms, 15s, 5m or 1h'],
    [['spec', 'agentDefaults', 'command', 0], 'text'],
    [['spec', 'tmux', 'options', 'mouse'], 'on or off'],
    [['spec', 'agents', 'constructor', 'protect'], 'true or false'],
  ])('%j is %s', (path, expected) => {
    expect(shapeAt(path)?.expects).toBe(expected);
  });

  it('is undefined where the manifest has no such place', () => {
    expect(shapeAt(['spec', 'tmux', 'constructor'])).toBeUndefined();
  });

  it('covers every field, so that no message has to say "something else"', () => {
    const below = (prefix: string[], fields: Readonly<Record<string, Schema>>) =>
      Object.keys(fields).map((field) => [...prefix, field]);
    const paths = [
      ...below(['spec', 'agents', 'a'], agent),
      ...below(['spec', 'tmux'], tmux),
      ...below(['spec'], spec),
    ];
    expect(paths.filter((path) => shapeAt(path)?.expects === undefined)).toEqual([]);
  });
});
