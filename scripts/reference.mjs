// Writes docs/reference from what the program itself knows: command tree, manifest schema, table of errors.
// With --check it writes nothing, and ends with 1 when a page on disk differs.
import { build } from 'esbuild';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT, stop } from './bootstrap.mjs';

const DIRECTORY = join(ROOT, 'docs/reference');
const NOTE = '<!-- Written by scripts/reference.mjs; run `npm run reference` instead of editing. -->';

const EXIT_CODES = {
  0: 'Done, in sync, or the look succeeded.',
  1: 'An error of the machine or of mosaic itself; `doctor` found something bad.',
  2: '`plan --detailed-exitcode`: there is something to do. `verify`: not verified.',
  3: 'Something is left, and the answer says what and why: a step failed, was blocked, or waits.',
  4: 'Refused; nothing was done. `agent send`: nothing was typed.',
  5: 'Another mosaic holds the lock; the message names its pid and command.',
  6: '`agent send`: the message may have arrived, but nothing proves it.',
  7: 'A time limit passed.',
  64: 'The command line is wrong.',
  65: 'The manifest, a snapshot or a saved plan is missing or not valid.',
  69: 'tmux or the systemd user manager is not available.',
  129: 'Ended by SIGHUP, before the next step; the next apply does the rest.',
  130: 'Ended by SIGINT (Ctrl-C), before the next step; the next apply does the rest.',
  141: 'The reader of the output went away (SIGPIPE).',
  143: 'Ended by SIGTERM, before the next step; the next apply does the rest.',
};

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

const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');
const code = (text) => `\`${text}\``;
const row = (cells) => `| ${cells.map(cell).join(' | ')} |`;
const table = (head, rows) => [row(head), `|${'---|'.repeat(head.length)}`, ...rows.map(row)];
const page = (title, intro, lines) => [NOTE, '', `# ${title}`, '', intro, '', ...lines, ''].join('\n');

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

function errorsPage(errors) {
  const rows = Object.entries(errors).map(([name, { exit, retryable, hint }]) => [
    code(name),
    exit,
    retryable ? 'yes' : '',
    hint,
  ]);
  const intro =
    'Every failure has a code, one exit code and a next step. With `-o json` they are in `error.code`, `error.exit` and `error.hint`; the hint of one case can be more exact than the one here.';
  return page('Errors', intro, table(['code', 'exit', 'a retry can help', 'usual hint'], rows));
}

function warningsPage(warnings) {
  const rows = Object.entries(warnings).map(([name, { strictOnly, meaning }]) => [
    code(name),
    strictOnly ? '' : 'yes',
    meaning,
  ]);
  const intro = [
    'What `mosaic fleet validate` finds in a manifest that could be applied all the same. Under `--strict` each of them makes it',
    'end with 65, but for those that are named by `--allow CODE`: they count as they do without `--strict`.',
  ].join('\n');
  return page('Warnings', intro, table(['code', 'told without `--strict`', 'means'], rows));
}

function exitCodesPage(errors) {
  const nameless = Object.values(errors).find(({ exit }) => EXIT_CODES[exit] === undefined);
  if (nameless) stop(`scripts/reference.mjs does not say what exit code ${nameless.exit} means`);
  const rows = Object.entries(EXIT_CODES).map(([exit, meaning]) => {
    const names = Object.entries(errors).filter((entry) => entry[1].exit === Number(exit));
    return [exit, meaning, names.map(([name]) => code(name)).join(', ')];
  });
  return page('Exit codes', 'They are the same for every command.', table(['exit code', 'means', 'errors'], rows));
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
