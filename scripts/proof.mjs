// npm run proof -- [PART...] [OPTION...]: the claims of the tool, tried at full size. Each part gives a report; all of them
// are kept in docs/proof.md, where a part's section stays as it was until all of that part runs again.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { ensureBuilt, ensureDependencies, ROOT, stop } from './bootstrap.mjs';
import * as calls from './proof/calls.mjs';
import * as concurrency from './proof/concurrency.mjs';
import * as crashes from './proof/crashes.mjs';
import * as defects from './proof/defects.mjs';
import * as fuzz from './proof/fuzz.mjs';
import * as mutants from './proof/mutants.mjs';
import * as scale from './proof/scale.mjs';
import { sourceNow } from './proof/source.mjs';
import * as strings from './proof/strings.mjs';
import * as terminal from './proof/terminal.mjs';
import * as worlds from './proof/worlds.mjs';

/**
 * By name: `title`, the `options` it takes, and `run(options)`, which gives the text of its section and whether all of it
 * held; `isPart` when less than all of it was tried, and `sources` when it joins what earlier runs gave. Beside its options
 * a part is told its section as it was, `before`, and the name of the `source` it runs on.
 */
const PARTS = { worlds, calls, crashes, fuzz, strings, terminal, concurrency, scale, defects, mutants };
const FILE = join(ROOT, 'docs/proof.md');
const USAGE_EXIT = 64;
const HEAD = `# Proof

Written by \`npm run proof\`: the last run of each part. What a part found was mended with a test of its own.

\`Source\` is what a part ran on, with \`+\` where files differed from the commit; without it, that was not written down.
`;

const begin = (part) => `<!-- ${part} -->`;
const end = (part) => `<!-- end of ${part} -->`;
const section = (part, text) => `${begin(part)}\n\n## ${PARTS[part].title}\n\n${text}\n\n${end(part)}\n`;
const withSources = (sources, text) => `Source: ${[...new Set(sources)].join(', ')}.\n\n${text}`;

const { positionals, values } = read(process.argv.slice(2));
const names = positionals.length > 0 ? positionals : Object.keys(PARTS);
const unknown = names.find((name) => !Object.hasOwn(PARTS, name));
if (unknown !== undefined) stop(`there is no part ${unknown}; known: ${Object.keys(PARTS).join(', ')}`, USAGE_EXIT);

ensureDependencies();
ensureBuilt();
for (const name of names) {
  const source = sourceNow();
  const told = { ...values, before: sectionOf(report(), name), source };
  const { text, held, isPart = false, sources = [source] } = await PARTS[name].run(told);
  process.stdout.write(`${text}\n`);
  if (!held) process.exitCode = 1;
  else if (!isPart) await save(name, withSources(sources, text));
}

/** Parts and options; an option is for every part that knows it. */
function read(args) {
  const options = Object.assign({}, ...Object.values(PARTS).map((part) => part.options ?? {}));
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    return stop(error.message, USAGE_EXIT);
  }
}

/** Puts the section of one part in its place. A part that failed leaves the last one that held. */
async function save(name, text) {
  const old = report();
  const sections = Object.keys(PARTS).map((part) => (part === name ? section(part, text) : sectionOf(old, part)));
  const options = { ...(await resolveConfig(FILE)), parser: 'markdown' };
  writeFileSync(FILE, await format([HEAD, ...sections].join('\n'), options));
}

/** The whole report as it is now. */
function report() {
  return existsSync(FILE) ? readFileSync(FILE, 'utf8') : '';
}

function sectionOf(text, part) {
  const [from, to] = [text.indexOf(begin(part)), text.indexOf(end(part))];
  return from < 0 || to < 0 ? '' : `${text.slice(from, to + end(part).length)}\n`;
}
