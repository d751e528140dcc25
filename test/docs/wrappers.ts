import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';

/** Where the recipes for CI are. */
export const RECIPES = resolve(import.meta.dirname, '../../docs/guides/ci');

/** The wrappers for CI systems, by file name, with the shell lines of each that run the script beside them. */
export const wrappers = (): readonly (readonly [file: string, lines: readonly string[]])[] =>
  readdirSync(RECIPES)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => {
      const document: unknown = parse(readFileSync(`${RECIPES}/${name}`, 'utf8'));
      return [name, texts(document).filter((text) => text.includes('mosaic-plan.sh'))];
    });

/** Every text in a document. */
function texts(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}
