import type { Fleet } from '../../src/model/fleet.ts';
import { parseFleet, type ParsedManifest } from '../../src/manifest/parse.ts';

/** A manifest around the lines of `spec`, which come without indentation. */
export const manifest = (spec: string): string =>
  `apiVersion: mosaic/v1alpha1\nkind: Fleet\nmetadata: { name: canary }\nspec:\n${indent(spec, 2)}\n`;

/** A manifest with the one agent `coder` of these fields. */
export const withAgent = (fields: string): string => manifest(`agents:\n  coder:\n${indent(fields, 4)}`);

export const parse = (source: string | Uint8Array): ParsedManifest => parseFleet(source, 'fleet.yaml');

/** The fleet of a manifest that must be valid. */
export function fleetOf(source: string): Fleet {
  const { fleet, diagnostics } = parse(source);
  if (fleet === undefined) throw new Error(diagnostics.map(({ line, message }) => `${line}: ${message}`).join('\n'));
  return fleet;
}

/** `line:col message` of each diagnostic. */
export const complaints = (source: string | Uint8Array): readonly string[] =>
  parse(source).diagnostics.map(({ line, col, message }) => `${line}:${col} ${message}`);

const indent = (text: string, columns: number): string => text.replace(/^(?=.)/gm, ' '.repeat(columns));
