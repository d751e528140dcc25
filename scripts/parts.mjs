// Which parts of the bundled program lie in one file.
import { basename } from 'node:path';

/** What is loaded in this order, or at once, has its parts in files of its own; every other part is a file. */
const TOGETHER = [
  ['src/cli/main.ts'],
  ['src/cli/commands/fleet/plan.ts'],
  ['src/cli/commands/fleet/status.ts'],
  ['src/cli/commands.ts'],
  ['src/providers/systemd/apply.ts', 'src/providers/tmux/apply.ts', 'src/providers/files/apply.ts'],
];

/** Of esbuild's metafile: file → its parts, by their names. Each file is named after one of its parts. */
export function filesOf({ outputs }) {
  const files = new Map();
  const placed = new Set();
  const place = (file, parts) => {
    const own = [...new Set(parts)].filter((part) => !placed.has(part));
    if (own.length > 0)
      files.set(
        basename(file),
        own.map((part) => basename(part)),
      );
    own.forEach((part) => placed.add(part));
  };
  const outputOf = (entry) => Object.keys(outputs).find((file) => outputs[file].entryPoint === entry);
  for (const [first, ...others] of TOGETHER.map((entries) => entries.map(outputOf)))
    place(
      first,
      [first, ...others].flatMap((file) => reachedBy(outputs, file)),
    );
  for (const file of Object.keys(outputs)) place(file, [file]);
  return files;
}

/** What is loaded with a part: itself, and what it imports not only when it comes to it. */
export function reachedBy(outputs, start) {
  const found = new Set([start]);
  // A set gives what is added meanwhile, too.
  for (const file of found) {
    const imports = outputs[file].imports.filter(({ kind, external }) => kind === 'import-statement' && !external);
    imports.forEach(({ path }) => found.add(path));
  }
  return [...found];
}
