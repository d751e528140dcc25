import type { LoadedFleet } from '../load-fleet.ts';
import type { Output } from '../options.ts';
import { printable } from './printable.ts';

/** Warnings of the manifest, one line each, as part of the story. */
export function noteWarnings({ warnings }: LoadedFleet, output: Output): void {
  for (const { file, line, col, message } of warnings)
    output.note(`warning: ${file}:${line}:${col}: ${printable(message)}`);
}
