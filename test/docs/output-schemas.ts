import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';

export const SCHEMA_NAMES = [
  'plan',
  'status',
  'verify',
  'failure',
  'validate',
  'agent-status',
  'roster',
  'snapshot',
  'saved-plan',
  'send',
  'result',
  'destroy',
  'init',
  'doctor',
  'log',
  'render',
  'written',
  'tail',
  'watch-unit',
] as const;
export type SchemaName = (typeof SCHEMA_NAMES)[number];

/** The part of JSON Schema that these tests walk through. */
export interface SchemaNode {
  readonly $ref?: string;
  readonly description?: string;
  readonly enum?: readonly (string | number)[];
  readonly items?: SchemaNode;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly definitions?: Readonly<Record<string, SchemaNode>>;
}

export function outputSchema(name: SchemaName): SchemaNode {
  const url = new URL(`../../manifests/schema/output-${name}.json`, import.meta.url);
  const node: SchemaNode = JSON.parse(readFileSync(url, 'utf8'));
  return node;
}

const validators = new Map<string, ValidateFunction>();

/** Validators of the outputs. Strict ones refuse every field that the schema does not describe. */
export function outputValidator(name: SchemaName, { strict }: { readonly strict: boolean }): ValidateFunction {
  const key = `${name} ${strict}`;
  const validate = validators.get(key) ?? compile(name, strict);
  validators.set(key, validate);
  return validate;
}

function compile(name: SchemaName, strict: boolean): ValidateFunction {
  const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });
  for (const each of SCHEMA_NAMES) ajv.addSchema(strict ? closed(outputSchema(each)) : outputSchema(each));
  const validate = ajv.getSchema(`https://mosaic-fleet.invalid/schema/output-${name}.json`);
  if (validate === undefined) throw new Error(`no schema for ${name}`);
  return validate;
}

/** The same schema, in which no object may have more fields than it names. */
function closed(node: SchemaNode): SchemaNode {
  return {
    ...node,
    ...(node.properties === undefined ? {} : { properties: each(node.properties), additionalProperties: false }),
    ...(node.definitions === undefined ? {} : { definitions: each(node.definitions) }),
    ...(node.items === undefined ? {} : { items: closed(node.items) }),
  };
}

const each = (nodes: Readonly<Record<string, SchemaNode>>): Record<string, SchemaNode> =>
  Object.fromEntries(Object.entries(nodes).map(([key, node]) => [key, closed(node)]));

/** Paths of fields that no description explains. */
export const fieldsWithoutMeaning = (name: SchemaName): readonly string[] => unexplained(outputSchema(name), name);

function unexplained(node: SchemaNode, path: string): readonly string[] {
  const below = [...entries(node.properties), ...entries(node.definitions), ...entries({ '[]': node.items })];
  const mute = entries(node.properties).filter(
    ([, field]) => field.$ref === undefined && field.description === undefined,
  );
  return [
    ...mute.map(([key]) => `${path}.${key}`),
    ...below.flatMap(([key, field]) => unexplained(field, `${path}.${key}`)),
  ];
}

const entries = (nodes: Readonly<Record<string, SchemaNode | undefined>> = {}): readonly [string, SchemaNode][] =>
  Object.entries(nodes).flatMap(([key, node]) => (node === undefined ? [] : [[key, node]]));
