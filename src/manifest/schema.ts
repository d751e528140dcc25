import { schemaFacts } from '../generated/schema-facts.ts';
import type { ChangeClass } from '../model/resource.ts';
import type { Path } from './tree.ts';

/** What is generated from the schema beside its validator and types. */
interface SchemaFacts {
  readonly agentFieldClass: Readonly<Record<string, ChangeClass>>;
  readonly fleetFieldClass: Readonly<Record<string, ChangeClass>>;
  readonly shapes: Readonly<Record<string, Shape>>;
}

/** One part of the schema in words, with the names of the shapes below it. */
export interface Shape {
  readonly expects: string;
  readonly properties?: Readonly<Record<string, string>>;
  readonly items?: string;
  readonly values?: string;
  readonly names?: string;
}

const facts: SchemaFacts = schemaFacts;

/** What a change of each agent field does; `state` is run state and has no class. */
export const agentFieldClass = facts.agentFieldClass;

/** What a change of each fleet field does, by its name in `Fleet`. */
export const fleetFieldClass = facts.fleetFieldClass;

/** The shape a value at this path must have, or undefined where the manifest has no such place. */
export function shapeAt(path: Path): Shape | undefined {
  let shape = facts.shapes['#'];
  for (const step of path) {
    const below = shape === undefined ? undefined : nameBelow(shape, String(step));
    shape = below === undefined ? undefined : facts.shapes[below];
  }
  return shape;
}

/** The shape that the keys of the map at this path must have. */
export function nameShapeAt(path: Path): Shape | undefined {
  const names = shapeAt(path)?.names;
  return names === undefined ? undefined : facts.shapes[names];
}

function nameBelow({ properties = {}, items, values }: Shape, step: string): string | undefined {
  return Object.hasOwn(properties, step) ? properties[step] : (values ?? items);
}
