// Writes docs/reference from what the program itself knows: command tree, manifest schema, table of errors.
// With --check it writes nothing, and ends with 1 when a page on disk differs.
import { build } from 'esbuild';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './bootstrap.mjs';
import { code, page, table } from './reference/pages.mjs';
import { errorsPage, exitCodesPage, warningsPage } from './reference/codes.mjs';

const DIRECTORY = join(ROOT, 'docs/reference');

/** The command tree and the table of errors, from the sources as they are now. */
async function loadProgram() {
  const file = join(ROOT, `node_modules/.cache/reference-${process.pid}.mjs`);
  const entry = `export { createProgram } from './src/cli/program.ts'; export { ERRORS } from './src/model/error.ts'; export { WARNINGS } from './src/manifest/warnings.ts';`;
  await build({
    stdin: { contents: entry, resolveDir: ROOT, loader: 'ts' },
    outfile: file,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    external: ['./commands.ts', './reviews.ts'],
    logLevel: 'warning',
  });
  try {
    return await import(pathToFileURL(file));
  } finally {
    rmSync(file, { force: true });
  }
}

function cliPage(root) {
  const leaves = leafCommands(root);
  const common = commonOptions(leaves);
  const intro = `${root.description()} Standard output is the answer, standard error the story. The exit codes are listed in [exit-codes.md](exit-codes.md).`;
  return page('Commands', intro, [
    '## Common options',
    '',
    'Every command takes them, unless its own section says otherwise.',
    '',
    ...optionTable(common),
    '',
    ...leaves.flatMap((command) => commandLines(command, new Set(common.map(optionKey)))),
  ]);
}

const optionKey = ({ flags, argChoices = [] }) => [flags, ...argChoices].join(' ');

/** What most commands take, in the same form. */
function commonOptions(leaves) {
  const all = new Map(leaves.flatMap(({ options }) => options.map((option) => [optionKey(option), option])));
  const users = (key) => leaves.filter(({ options }) => options.some((option) => optionKey(option) === key)).length;
  return [...all].filter(([key]) => users(key) > leaves.length / 2).map(([, option]) => option);
}

const leafCommands = (command) =>
  command.commands.length === 0 ? [command] : command.commands.flatMap((child) => leafCommands(child));

function commandLines(command, common) {
  const own = command.options.filter((option) => !common.has(optionKey(option)));
  const takesCommon = command.options.length > own.length;
  const names = [];
  for (let at = command; at; at = at.parent) names.unshift(at.name());
  const words = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}${argument.variadic ? '...' : ''}]`,
  );
  return [
    `## ${names.join(' ')}`,
    '',
    `${sentence(command.description())}${takesCommon ? '' : ' Takes none of the common options.'}`,
    '',
    '```',
    [...names, '[options]', ...words].join(' '),
    '```',
    '',
    ...(own.length > 0 ? [...optionTable(own), ''] : []),
    ...examples(command),
  ];
}

const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

function optionTable(options) {
  const rows = options.map(({ flags, description, argChoices, defaultValue }) => [
    code(flags),
    description,
    argChoices ? argChoices.map(code).join(', ') : '',
    // `--no-color` has the default `true` of the colour that it takes away.
    defaultValue === undefined || typeof defaultValue === 'boolean' ? '' : code(defaultValue),
  ]);
  return table(['option', 'does', 'one of', 'default'], rows);
}

/** What `--help` says behind the options. */
function examples(command) {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  const lines = text
    .slice(command.helpInformation().length)
    .split('\n')
    .filter((line) => /^\s+\S/.test(line))
    .map((line) => line.trim());
  return lines.length === 0 ? [] : ['```sh', ...lines, '```', ''];
}

function manifestPage(schema) {
  const resolve = (node) => (node.$ref ? { ...at(schema, node.$ref), ...node } : node);
  const { spec } = schema.properties;
  const top = { properties: { ...schema.properties, spec: { ...spec, properties: {} } } };
  const ownTable = ({ $ref = '' }) => ['#/definitions/tmux', '#/definitions/agent'].includes($ref);
  const fleet = Object.entries(spec.properties).filter(([, node]) => !ownTable(node));
  const section = (title, properties, prefix) => [
    `## ${title}`,
    '',
    ...table(
      ['field', 'value', 'default', 'a change', 'what it says'],
      fields({ properties }, { prefix, resolve, change: '' }),
    ),
    '',
  ];
  const intro = [
    'The manifest is one YAML document. Keys that are not listed here are errors. There is no interpolation; a leading',
    '`~/` in a path is the one exception. Editors complete and check it by `manifests/schema/fleet.schema.json`.',
  ].join('\n');
  return page('Manifest', intro, [
    ...section('Document', top.properties, ''),
    ...section('Fleet: `spec`', Object.fromEntries(fleet), 'spec.'),
    ...section('Server: `spec.tmux`', schema.definitions.tmux.properties, 'spec.tmux.'),
    'The next table holds for `spec.agentDefaults` as well. Maps of the two are merged key by key; an agent’s own lists',
    'and scalars replace those of `agentDefaults`.',
    '',
    ...section('Agent: `spec.agents.NAME`', schema.definitions.agent.properties, ''),
    ...changeClasses(),
  ]);
}

const at = (schema, ref) =>
  ref
    .split('/')
    .slice(1)
    .reduce((node, step) => node[step], schema);

/** One row per field, those of maps below them; a field has the change class of the map it stands in. */
function fields(node, context) {
  return Object.entries(node.properties).flatMap(([name, raw]) => {
    const field = context.resolve(raw);
    const change = field['x-mosaic-change'] ?? context.change;
    const path = `${context.prefix}${name}`;
    const own = [
      code(path),
      valueText(field),
      'default' in field ? code(JSON.stringify(field.default).replaceAll('"', '')) : '',
      change,
      field.description ?? '',
    ];
    const values = typeof field.additionalProperties === 'object' ? context.resolve(field.additionalProperties) : {};
    return [
      own,
      ...fields({ properties: field.properties ?? {} }, { ...context, prefix: `${path}.`, change }),
      ...(path === 'spec.agents'
        ? []
        : fields({ properties: values.properties ?? {} }, { ...context, prefix: `${path}.NAME.`, change })),
    ];
  });
}

function valueText(field) {
  if (field.const !== undefined) return code(field.const);
  if (field.enum) return field.enum.map(code).join(', ');
  if (field['x-mosaic-expects']) return field['x-mosaic-expects'];
  return { boolean: '`true`, `false`', object: 'a map', string: 'text', array: 'a list' }[field.type] ?? field.type;
}

function changeClasses() {
  const classes = {
    mark: 'Nothing restarts; the new value is taken note of.',
    live: 'Takes effect while the agent runs on.',
    restart: 'The agent is restarted by apply, in a plan that says so.',
    next_start: 'Takes effect when the agent starts next; the condition `RestartPending` names who waits.',
    replace: 'The tmux server is replaced, and with it every agent restarts.',
  };
  return ['## What a change does', '', ...table(['class', 'meaning'], Object.entries(classes))];
}

const check = process.argv.includes('--check');
const { createProgram, ERRORS, WARNINGS } = await loadProgram();
const schema = JSON.parse(readFileSync(join(ROOT, 'manifests/schema/fleet.schema.json'), 'utf8'));
const pages = {
  'cli.md': cliPage(createProgram('').command),
  'manifest.md': manifestPage(schema),
  'errors.md': errorsPage(ERRORS),
  'exit-codes.md': exitCodesPage(ERRORS),
  'warnings.md': warningsPage(WARNINGS),
};
mkdirSync(DIRECTORY, { recursive: true });
for (const [name, text] of Object.entries(pages)) {
  const path = join(DIRECTORY, name);
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
  if (!check) writeFileSync(path, text);
  else {
    process.stderr.write(`docs/reference/${name} is stale: run \`npm run reference\`\n`);
    process.exitCode = 1;
  }
}
