import { readFileSync } from 'node:fs';
import fc from 'fast-check';

/** What a manifest is made of. */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

/** As much of JSON Schema as the manifest's uses. */
interface Schema {
  readonly $ref?: string;
  readonly const?: string;
  readonly enum?: readonly string[];
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly propertyNames?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

const SCHEMA_FILE = new URL('../../manifests/schema/fleet.schema.json', import.meta.url);
const ROOT: Schema & { readonly definitions: Readonly<Record<string, Schema>> } = JSON.parse(
  readFileSync(SCHEMA_FILE, 'utf8'),
);

/** Any value that this part of the schema accepts. */
function valueOf(schema: Schema): fc.Arbitrary<Value> {
  if (schema.$ref !== undefined) return valueOf(ROOT.definitions[schema.$ref.replace('#/definitions/', '')] ?? {});
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const types = [schema.type ?? 'string'].flat();
  return fc.oneof(...types.map((type) => (VALUES[type] ?? textOf)(schema)));
}

const textOf = ({ pattern, maxLength = 60 }: Schema): fc.Arbitrary<Value> =>
  pattern === undefined
    ? fc.string({ minLength: 1, maxLength: Math.min(40, maxLength) })
    : fc.stringMatching(new RegExp(pattern), { maxLength: Math.min(60, maxLength) });

const VALUES: Readonly<Record<string, (schema: Schema) => fc.Arbitrary<Value>>> = {
  string: textOf,
  boolean: () => fc.boolean(),
  integer: ({ minimum = 0, maximum = 1000 }) => fc.integer({ min: minimum, max: maximum }),
  array: ({ items = {} }) => fc.array(valueOf(items), { minLength: 1, maxLength: 3 }),
  object: mapOf,
};

/** What rules beyond the schema mostly have nothing against. */
const LIKELY: Readonly<Record<string, readonly Value[]>> = {
  delay: ['0s', '100ms', '2s'],
  burst: [1, 5],
  window: ['60s', '5m'],
  timeout: ['1s', '15s'],
  submitDelay: ['0ms', '150ms'],
  idle: ['Ready', ['^> ', 'x*y']],
  busy: ['esc to interrupt'],
  dialog: ['Allow?'],
  setup: ['Choose a theme'],
  tmpdir: ['/tmp'],
  supervisor: ['systemd'],
};

const propertyOf = ([key, schema]: readonly [string, Schema]) => {
  const likely = LIKELY[key];
  const any = valueOf(schema);
  const value =
    likely === undefined
      ? any
      : fc.oneof({ weight: 29, arbitrary: fc.constantFrom(...likely) }, { weight: 1, arbitrary: any });
  return [key, value] as const;
};

function mapOf({
  properties = {},
  required = [],
  propertyNames = {},
  additionalProperties,
}: Schema): fc.Arbitrary<Value> {
  const named = Object.entries(properties).map(propertyOf);
  if (typeof additionalProperties !== 'object')
    return fc.record(Object.fromEntries(named), { requiredKeys: [...required] });
  return fc.dictionary(valueOf(propertyNames).map(String), valueOf(additionalProperties), { maxKeys: 2 });
}

/** Narrows to a map. */
export const isMap = (value: Value | undefined): value is { readonly [key: string]: Value } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The schema cannot say that an agent has either of two keys. */
const runnable = (agent: Value, at: number): Value => {
  if (!isMap(agent)) return agent;
  const { command = ['codex'], shell = 'codex', ...rest } = agent;
  return { ...rest, ...(at % 2 === 0 ? { command } : { shell }) };
};

const withoutProgram = (defaults: Value | undefined): { readonly [key: string]: Value } => {
  if (defaults === undefined || !isMap(defaults)) return {};
  const { command: _command, shell: _shell, ...agentDefaults } = defaults;
  return { agentDefaults };
};

/** Any manifest that the schema accepts; most of them are valid. */
export const manifestOfSchema: fc.Arbitrary<Value> = valueOf(ROOT).map((manifest) => {
  if (!isMap(manifest) || !isMap(manifest['spec'])) return manifest;
  const { agents = {}, agentDefaults, ...spec } = manifest['spec'];
  const entries = isMap(agents) ? Object.entries(agents) : [];
  const named = entries.map(([name, agent], at) => [name, runnable(agent, at)] as const);
  return { ...manifest, spec: { ...spec, ...withoutProgram(agentDefaults), agents: Object.fromEntries(named) } };
});
