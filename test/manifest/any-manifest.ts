import fc from 'fast-check';
import { stringify } from 'yaml';
import { isMap, manifestOfSchema, type Value } from './from-schema.ts';

const KEYS = [
  '__proto__',
  'constructor',
  'toString',
  '',
  ' ',
  '1',
  'null',
  'a.b',
  'A',
  'commnd',
  'agents',
  'é',
  'x'.repeat(300),
  'a\nb',
  '<<',
  '*a',
];
const ODD: readonly Value[] = [
  null,
  true,
  -1,
  1.5,
  2 ** 53,
  '',
  '~',
  'no',
  '0755',
  '\u0000',
  '\ud800',
  '\u202e',
  [],
  {},
  [[]],
  [null],
  { a: null },
  '#(id)',
  '*a',
  '&a b',
  '!x y',
  '{',
  "'",
  'a: b',
  'a #b',
  '../x',
  '/'.repeat(5000),
];

const key = fc.oneof(fc.constantFrom(...KEYS), fc.string({ maxLength: 8 }));
const odd = fc.oneof(fc.constantFrom(...ODD), fc.string({ unit: 'binary', maxLength: 20 }), fc.integer());

/** A change of one place of a tree, wherever `at` leads. */
type Change = (value: Value) => Value;

const nested = (depth: number, value: Value): Value =>
  Array.from({ length: depth }).reduce<Value>((inner, _, at) => (at % 2 === 0 ? [inner] : { k: inner }), value);
/** As often as is asked for, and no more than makes a manifest too large. */
function many(count: number, value: Value): Value {
  const one = isMap(value) ? (Object.values(value)[0] ?? 'x') : value;
  const times = Math.min(count, Math.ceil(1_200_000 / JSON.stringify(one).length));
  const all = Array.from({ length: times }, () => one);
  return isMap(value) ? Object.fromEntries(all.map((each, at) => [`k${at}`, each])) : all;
}

const onMap =
  (change: (entries: readonly [string, Value][]) => readonly (readonly [string, Value])[]): Change =>
  (value) =>
    isMap(value) ? Object.fromEntries(change(Object.entries(value))) : value;

const small: fc.Arbitrary<Change> = fc.oneof(
  odd.map(
    (other): Change =>
      () =>
        other,
  ),
  fc.tuple(key, odd).map(([name, other]) => onMap((entries) => [...entries, [name, other]])),
  key.map((name) => onMap(([first, ...rest]) => (first === undefined ? [] : [...rest, [name, first[1]]]))),
  fc.constant(onMap((entries) => entries.slice(1))),
  fc.constant<Change>((value) => (typeof value === 'string' ? [value] : JSON.stringify(value))),
  fc.integer({ min: 1, max: 60 }).map(
    (depth): Change =>
      (value) =>
        nested(depth, value),
  ),
);

/** One in three hundred: it takes its time to write, too. */
const large: fc.Arbitrary<Change> = fc.oneof(
  fc.integer({ min: 1000, max: 25_000 }).map(
    (count): Change =>
      (value) =>
        many(count, value),
  ),
  fc.integer({ min: 10_000, max: 1_200_000 }).map(
    (length): Change =>
      () =>
        'x'.repeat(length),
  ),
);

/** Applies a change at the `at`-th place below, counted in depth first. */
function changed(value: Value, at: number, change: Change): Value {
  let left = at % Math.max(1, places(value));
  const visit = (here: Value): Value => {
    left -= 1;
    if (left < 0) return left === -1 ? change(here) : here;
    if (Array.isArray(here)) return here.map(visit);
    return isMap(here) ? Object.fromEntries(Object.entries(here).map(([name, inner]) => [name, visit(inner)])) : here;
  };
  return visit(value);
}

const places = (value: Value): number =>
  typeof value === 'object' && value !== null
    ? Object.values(value).reduce<number>((sum, inner: Value) => sum + places(inner), 1)
    : 1;

type Writing = (value: Value) => string;
const writings: readonly Writing[] = [
  (value) => JSON.stringify(value),
  (value) => JSON.stringify(value, undefined, 2),
  (value) => stringify(value, { aliasDuplicateObjects: false }),
  (value) => stringify(value, { aliasDuplicateObjects: false, lineWidth: 20, defaultStringType: 'QUOTE_SINGLE' }),
];
type Cut = (text: Buffer) => Buffer;
const cutAt = (act: (text: Buffer, at: number) => readonly Uint8Array[]): fc.Arbitrary<Cut> =>
  fc.nat(2 ** 30).map((at) => (text) => Buffer.concat(act(text, at % (text.length + 1))));
const replaced = fc.tuple(fc.nat(2 ** 30), fc.nat(255)).map(([at, byte]): Cut => (text) => {
  const copy = Buffer.from(text);
  if (copy.length > 0) copy[at % copy.length] = byte;
  return copy;
});
const inserted = (piece: string): fc.Arbitrary<Cut> =>
  cutAt((text, at) => [text.subarray(0, at), Buffer.from(piece), text.subarray(at)]);
const lineTwice: Cut = (text) => {
  const lines = text.toString('latin1').split('\n');
  const middle = Math.floor(lines.length / 2);
  return Buffer.from([...lines.slice(0, middle + 1), ...lines.slice(middle)].join('\n'), 'latin1');
};
const cuts: fc.Arbitrary<Cut> = fc.oneof(
  replaced,
  cutAt((text, at) => [text.subarray(0, at)]),
  cutAt((text, at) => [text.subarray(at)]),
  cutAt((text, at) => [text.subarray(0, at), text.subarray(at + 1)]),
  cutAt((text, at) => [text.subarray(0, at), text.subarray(0, at)]),
  fc.constant(lineTwice),
  ...['[', '{a: ', '- ', '? ', '"', '}'].map((piece) => inserted(piece.repeat(40))),
);

const changes = fc.array(
  fc.tuple(fc.nat(2 ** 30), fc.oneof({ weight: 299, arbitrary: small }, { weight: 1, arbitrary: large })),
  {
    maxLength: 3,
  },
);

/** Deep or long beyond reason, as few are. */
const flood = fc
  .tuple(
    fc.constantFrom('[', '{a: ', '- ', '? ', '"', '}', 'k: v\n', '\t', '&a '),
    fc.integer({ min: 1000, max: 100_000 }),
  )
  .map(([piece, count]) => Buffer.from(piece.repeat(count)));

/** A manifest of the schema, changed in up to three places of its tree and up to two of its bytes, or bytes alone. */
export const anyManifest: fc.Arbitrary<Buffer> = fc.oneof(
  {
    weight: 270,
    arbitrary: fc
      .tuple(manifestOfSchema, changes, fc.constantFrom(...writings), fc.array(cuts, { maxLength: 2, size: 'small' }))
      .map(([manifest, ways, writing, bytes]) => {
        const tree = ways.reduce((value, [at, change]) => changed(value, at, change), manifest);
        return bytes.reduce<Buffer>((text, cut) => cut(text), Buffer.from(writing(tree)));
      }),
  },
  { weight: 1, arbitrary: flood },
  { weight: 30, arbitrary: fc.uint8Array({ maxLength: 400 }).map((bytes): Buffer => Buffer.from(bytes)) },
);
