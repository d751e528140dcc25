import { describe, expect, it } from '@jest/globals';
import jsonpatch, { type Operation } from 'fast-json-patch';
import type { JsonObject } from '../../src/model/resource.ts';
import { canonical, changedFields, diff, disruptionOf } from '../../src/reconciler/diff.ts';

const LONG = Array.from({ length: 13 }, (_, at) => `item-${at}`);

describe('diff', () => {
  it('is empty for equal documents whatever the order of their keys', () => {
    expect(diff({ a: 1, b: { c: 2, d: [1, 2] } }, { b: { d: [1, 2], c: 2 }, a: 1 })).toEqual([]);
  });

  it('names the pointer and the value of each difference, sorted', () => {
    expect(diff({ b: 1, c: 1 }, { a: 1, c: 2 })).toEqual([
      { op: 'add', path: '/a', value: 1 },
      { op: 'remove', path: '/b', old: 1 },
      { op: 'replace', path: '/c', old: 1, value: 2 },
    ]);
  });

  it.each<[string, JsonObject, JsonObject]>([
    ['a list that shrinks by more than one', { argv: LONG }, { argv: ['item-0'] }],
    ['a list that grows past ten', { argv: ['item-0'] }, { argv: LONG }],
    ['keys with a slash and a tilde', { env: { 'a/b': 'x' } }, { env: { 'c~d': 'y' } }],
    ['a list that becomes a text', { value: ['a'] }, { value: 'a' }],
  ])('applies in its own order: %s', (_, before, after) => {
    const patch = diff(before, after) as unknown as Operation[];
    expect(jsonpatch.applyPatch(structuredClone(before), patch, true).newDocument).toEqual(after);
  });

  it.each<[JsonObject, JsonObject]>([
    [{ v: ['a'] }, { v: { 0: 'a' } }],
    [{ v: {} }, { v: '' }],
    [{ v: 1 }, { v: {} }],
    [{ v: null }, { v: {} }],
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: 1, b: 2 }, { a: 1 }],
  ])('is not fooled by what looks alike: %j and %j', (before, after) => {
    expect(diff(before, after)).toHaveLength(1);
  });

  it('shows no secret, only that it changed', () => {
    const patch = diff({ env: { API_TOKEN: 'old', B: '1' } }, { env: { API_TOKEN: 'new', B: '2' } });
    expect(patch).toEqual([
      { op: 'replace', path: '/env/API_TOKEN', old: '(hidden)', value: '(hidden)' },
      { op: 'replace', path: '/env/B', old: '1', value: '2' },
    ]);
  });

  it('shows no secret that goes, nor the word behind its flag', () => {
    const patch = diff({ argv: ['x', '--token', 'old'], env: { API_TOKEN: 'old' } }, { argv: ['x'], env: {} });
    expect(patch.map(({ old }) => old)).toEqual(['(hidden)', '--token', '(hidden)']);
  });

  it('leaves the order of lists alone', () => {
    expect(canonical({ b: ['z', { y: 1, x: 2 }], a: null })).toEqual({ a: null, b: ['z', { x: 2, y: 1 }] });
    expect(JSON.stringify(canonical({ b: 1, a: 2 }))).toBe('{"a":2,"b":1}');
  });
});

describe('changedFields', () => {
  it('gives each top-level field once, sorted and unescaped', () => {
    const patch = diff({ 'x/y': 1, 'p~q': 1, env: { A: '1', B: '2' } }, { 'x/y': 2, 'p~q': 2, env: {} });
    expect(changedFields(patch)).toEqual(['env', 'p~q', 'x/y']);
  });
});

describe('disruptionOf', () => {
  const classes = { label: 'mark', size: 'next_start', limit: 'live', command: 'restart', socket: 'replace' } as const;

  it.each([
    [[], 'none'],
    [['label', 'size'], 'none'],
    [['label', 'limit'], 'live'],
    [['limit', 'command'], 'restart'],
    [['socket', 'command'], 'fleet'],
    [['unheard-of'], 'none'],
  ] as const)('%j is %s', (fields, worst) => expect(disruptionOf(fields, classes)).toBe(worst));
});
