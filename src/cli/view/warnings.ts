import type { LoadedFleet } from '../load-fleet.ts';
import type { Output } from '../options.ts';
import { printable } from './printable.ts';

/** Warnings of the manifest and of its file, one line each, as part of the story. */
export function noteWarnings({ warnings, openToAll, path }: LoadedFleet, output: Output): void {
  if (openToAll === true) output.note(`warning: anybody can write ${path}; chmod o-w ${path}`);
  for (const { file, line, col, message } of warnings)
    output.note(`warning: ${file}:${line}:${col}: ${printable(message)}`);
}
