import type { BusCall } from '../model/host.ts';

/** Messages of D-Bus as bytes (D-Bus Specification, "Message Protocol"), as far as asking and listening need them. */

/** What the bus tells us: an answer to the call of that serial, an error in its place, or a signal. */
export type BusMessage =
  | { readonly kind: 'answer'; readonly serial: number; readonly values: readonly unknown[] }
  | { readonly kind: 'error'; readonly serial: number }
  | {
      readonly kind: 'signal';
      readonly path: string;
      readonly member: string;
      /** The texts of a body that is made of texts, paths and numbers alone; none of any other. */
      readonly texts: readonly string[];
    };

const LITTLE_ENDIAN = 0x6c;
const CALL = 1;
const RETURN = 2;
const ERROR = 3;
const SIGNAL = 4;
const NO_AUTO_START = 2;
const FIXED_BYTES = 16;
const FIELD = { path: 1, interface: 2, member: 3, replySerial: 5, destination: 6, signature: 8 } as const;

/** A call that starts no service which is not there already. */
export function encodeCall(message: BusCall, serial: number): Buffer {
  const { signature = '', body = [] } = message;
  const content = new Writer();
  for (const value of body) content.value(value);
  const fields = new Writer();
  fields.field(FIELD.path, 'o', message.path);
  fields.field(FIELD.interface, 's', message.interface);
  fields.field(FIELD.member, 's', message.member);
  fields.field(FIELD.destination, 's', message.destination);
  if (signature !== '') fields.field(FIELD.signature, 'g', signature);
  const head = new Writer();
  head.bytes(LITTLE_ENDIAN, CALL, NO_AUTO_START, 1);
  head.uint32(content.length);
  head.uint32(serial);
  head.uint32(fields.length);
  return Buffer.concat([head.take(8, fields.take(8)), content.take(1)]);
}

/** Collects values, each at its own boundary. */
class Writer {
  readonly #bytes: number[] = [];

  get length(): number {
    return this.#bytes.length;
  }

  /** What was written, followed by `rest`, filled up to a boundary. */
  take(boundary: number, rest: Uint8Array = new Uint8Array()): Buffer {
    const size = this.#bytes.length + rest.length;
    return Buffer.concat([Buffer.from(this.#bytes), rest], Math.ceil(size / boundary) * boundary);
  }

  bytes(...values: readonly number[]): void {
    this.#bytes.push(...values);
  }

  uint32(value: number): void {
    this.#align(4);
    this.bytes(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);
  }

  value(value: string | readonly string[]): void {
    if (typeof value === 'string') this.#text(value);
    else this.#texts(value);
  }

  field(code: number, type: 'o' | 's' | 'g', text: string): void {
    this.#align(8);
    this.bytes(code, 1, type.charCodeAt(0), 0);
    if (type !== 'g') this.#text(text);
    else this.bytes(text.length, ...Buffer.from(text), 0);
  }

  #text(text: string): void {
    const bytes = Buffer.from(text, 'utf8');
    this.uint32(bytes.length);
    this.bytes(...bytes, 0);
  }

  #texts(texts: readonly string[]): void {
    const items = new Writer();
    for (const text of texts) items.#text(text);
    this.uint32(items.length);
    this.bytes(...items.#bytes);
  }

  #align(boundary: number): void {
    while (this.#bytes.length % boundary !== 0) this.#bytes.push(0);
  }
}

/** How many bytes the first message of `bytes` has; undefined while that cannot be told. Throws for what we do not speak. */
export function messageLength(bytes: Buffer): number | undefined {
  if (bytes.length < FIXED_BYTES) return undefined;
  if (bytes[0] !== LITTLE_ENDIAN) throw new RangeError('the bus answers in another byte order');
  return bodyStart(bytes) + bytes.readUInt32LE(4);
}

const bodyStart = (bytes: Buffer): number => FIXED_BYTES + Math.ceil(bytes.readUInt32LE(12) / 8) * 8;

/** Reads one whole message; undefined for a call to us. */
export function decodeMessage(bytes: Buffer): BusMessage | undefined {
  const [, type] = bytes;
  const field = fieldsOf(bytes);
  const signature = textOf(field.get(FIELD.signature));
  const values = (): readonly unknown[] => new Reader(bytes, bodyStart(bytes)).all(signature);
  if (type === SIGNAL) {
    const texts = /^[sou]*$/.test(signature) ? values().filter((value) => typeof value === 'string') : [];
    return { kind: 'signal', path: textOf(field.get(FIELD.path)), member: textOf(field.get(FIELD.member)), texts };
  }
  const serial = field.get(FIELD.replySerial);
  if (typeof serial !== 'number') return undefined;
  if (type === ERROR) return { kind: 'error', serial };
  return type === RETURN ? { kind: 'answer', serial, values: values() } : undefined;
}

function fieldsOf(bytes: Buffer): ReadonlyMap<number, unknown> {
  const fields = new Reader(bytes, FIXED_BYTES - 4).one('a(yv)');
  return new Map(Array.isArray(fields) ? fields.map((field: readonly [number, unknown]) => field) : []);
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Boundaries of the types that we read; text and lists begin with their length, a variant with its type. */
const BOUNDARY: Readonly<Record<string, number>> = { y: 1, g: 1, v: 1, '(': 8, t: 8, b: 4, u: 4, s: 4, o: 4, a: 4 };

class Reader {
  readonly #bytes: Buffer;
  /** Of the same bytes: a buffer's own reading of numbers checks more, and a list has ten of them a unit. */
  readonly #view: DataView;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#at = at;
  }

  /** Values of a signature without gaps: `sas` gives a text and a list of texts. */
  all(signature: string): readonly unknown[] {
    const values: unknown[] = [];
    for (const type of typesOf(signature)) values.push(this.one(type));
    return values;
  }

  one(type: string): unknown {
    this.#align(BOUNDARY[type.charAt(0)] ?? 1);
    switch (type.charAt(0)) {
      case 's':
      case 'o':
        return this.#text(this.#uint32());
      case 'u':
      case 'b':
        return this.#uint32();
      case 'a':
        return this.#list(type.slice(1));
      case '(':
        return this.all(type.slice(1, -1));
      default:
        return this.#rare(type);
    }
  }

  #rare(type: string): unknown {
    if (type === 'v') return this.one(this.#text(this.#byte()));
    if (type === 'g') return this.#text(this.#byte());
    if (type === 'y') return this.#byte();
    if (type !== 't') throw new RangeError(`a value of type ${type} on the bus`);
    this.#at += 8;
    return Number(this.#view.getBigUint64(this.#at - 8, true));
  }

  #list(type: string): readonly unknown[] {
    const length = this.#uint32();
    this.#align(BOUNDARY[type.charAt(0)] ?? 1);
    const end = this.#at + length;
    const values: unknown[] = [];
    while (this.#at < end) values.push(this.one(type));
    return values;
  }

  #text(length: number): string {
    const text = this.#bytes.toString('utf8', this.#at, this.#at + length);
    this.#at += length + 1;
    return text;
  }

  #byte(): number {
    this.#at += 1;
    return this.#view.getUint8(this.#at - 1);
  }

  #uint32(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, true);
  }

  #align(boundary: number): void {
    this.#at = Math.ceil(this.#at / boundary) * boundary;
  }
}

const split = new Map<string, readonly string[]>();

/** The single complete types of a signature; the same few come back with every unit. */
function typesOf(signature: string): readonly string[] {
  const known = split.get(signature);
  if (known !== undefined) return known;
  const types: string[] = [];
  for (let at = 0; at < signature.length; at += types.at(-1)?.length ?? 1) {
    types.push(signature.slice(at, endOfType(signature, at)));
  }
  split.set(signature, types);
  return types;
}

function endOfType(signature: string, start: number): number {
  let at = start;
  while (signature.charAt(at) === 'a') at += 1;
  let depth = 0;
  do {
    if (signature.charAt(at) === '(') depth += 1;
    if (signature.charAt(at) === ')') depth -= 1;
    at += 1;
  } while (depth > 0 && at < signature.length);
  return at;
}
