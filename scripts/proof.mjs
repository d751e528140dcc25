// npm run proof -- [PART...] [--agents N]: the claims of the tool, tried at full size. Each part gives a report; all of
// them are kept in docs/proof.md, where a part's section stays as it was until that part runs again.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { ensureBuilt, ensureDependencies, ROOT, stop } from './bootstrap.mjs';
import * as scale from './proof/scale.mjs';
import * as worlds from './proof/worlds.mjs';

/** By name: `title`, and `run(options)`, which gives the text of its section and whether all of it held. */
const PARTS = { worlds, scale };
const FILE = join(ROOT, 'docs/proof.md');
const USAGE_EXIT = 64;
const HEAD = `# Proof

Written by \`npm run proof\`: the last run of each part. What a part found was mended with a test of its own.
`;

const begin = (part) => `<!-- ${part} -->`;
const end = (part) => `<!-- end of ${part} -->`;
const section = (part, text) => `${begin(part)}\n\n## ${PARTS[part].title}\n\n${text}\n\n${end(part)}\n`;

const { values, positionals } = parseArgs({ allowPositionals: true, options: { agents: { type: 'string' } } });
const names = positionals.length > 0 ? positionals : Object.keys(PARTS);
const unknown = names.find((name) => !Object.hasOwn(PARTS, name));
if (unknown !== undefined) stop(`there is no part ${unknown}; known: ${Object.keys(PARTS).join(', ')}`, USAGE_EXIT);

ensureDependencies();
ensureBuilt();
for (const name of names) {
  const { text, held } = await PARTS[name].run(values);
  process.stdout.write(`${text}\n`);
  if (held) await save(name, text);
  else process.exitCode = 1;
}

/** Puts the section of one part in its place. A part that failed leaves the last one that held. */
async function save(name, text) {
  const old = existsSync(FILE) ? readFileSync(FILE, 'utf8') : '';
  const sections = Object.keys(PARTS).map((part) => (part === name ? section(part, text) : sectionOf(old, part)));
  const options = { ...(await resolveConfig(FILE)), parser: 'markdown' };
  writeFileSync(FILE, await format([HEAD, ...sections].join('\n'), options));
}

function sectionOf(text, part) {
  const [from, to] = [text.indexOf(begin(part)), text.indexOf(end(part))];
  return from < 0 || to < 0 ? '' : `${text.slice(from, to + end(part).length)}\n`;
}
