// Usage: node test/manual/record-screens.mjs codex|claude DIRECTORY
//
// Records what the program shows, in two sizes, as test/fixtures/screens holds it: a text per screen, and facts.tsv with
// where the cursor stood and the title. Look at every screen before it becomes a fixture: the name is only what was meant.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { claude, codex } from './agent-cli.mjs';
import { startModelServer } from './model-server.mjs';

const SIZES = ['200x50', '80x24'];
const SETTLE_MS = 1000;
const ANSWER_MS = 3500;

const say = (text) => [{ paste: text }, { key: 'Enter' }, { waitMs: ANSWER_MS }];
const type = (text) => [{ type: text }, { waitMs: SETTLE_MS }];
const key = (name) => [{ key: name }, { waitMs: SETTLE_MS }];

/** What is done one after the other, and the name of what is on the screen then, where that is recorded. */
const SCENES = [
  { name: 'idle-fresh', steps: [{ waitMs: 8000 }] },
  { name: 'half-typed', steps: type('please look at') },
  { name: 'half-typed-lines', steps: [...key('C-u'), { paste: 'one\ntwo; $HOME 🙂' }, { waitMs: SETTLE_MS }] },
  { name: 'idle-after-answer', steps: [...key('C-u'), ...key('C-u'), ...say('hello there')] },
  {
    name: 'half-typed-pasted-placeholder',
    steps: [{ paste: `${'abcdefghi '.repeat(300)}end` }, { waitMs: SETTLE_MS }],
  },
  { name: 'idle-after-long-paste', steps: [{ key: 'Enter' }, { waitMs: ANSWER_MS }] },
  { name: 'busy', steps: say('Look around.\nstand-in: delay 12000') },
  { name: 'busy-half-typed', steps: type('next, please') },
  { steps: [...key('C-u'), { waitMs: 9000 }] },
  { name: 'busy-answering', steps: say('stand-in: lines 40\nstand-in: pace 200') },
  { steps: [{ waitMs: 9000 }] },
  { name: 'idle-prints-busy-words', steps: say('stand-in: say ✽ Working… (3s • esc to interrupt)') },
  {
    name: 'idle-prints-dialog-words',
    steps: say('stand-in: say Press enter to confirm or esc to cancel · Tab to amend'),
  },
  { name: 'idle-after-long-answer', steps: say('stand-in: lines 120') },
  { name: 'unknown-half-typed-slash-menu', steps: type('/') },
  { name: 'dialog-model-picker', steps: [...key('C-u'), ...type('/model'), ...key('Enter')] },
  { steps: key('Escape') },
];

const [name = '', directory = ''] = process.argv.slice(2);
const program = new Map(Object.entries({ claude, codex })).get(name);
if (program === undefined || directory === '') throw new Error('what to record, and into which directory?');
const place = mkdtempSync(join(tmpdir(), 'mosaic-record-'));
const server = await startModelServer();
const cli = program(server.url);
const facts = [];
try {
  for (const size of SIZES) await record(size);
  writeFileSync(join(directory, 'facts.tsv'), `${facts.join('\n')}\n`);
} finally {
  tmux('kill-server');
  await server.close();
  rmSync(place, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

function tmux(...args) {
  const env = { HOME: place, PATH: process.env.PATH, TERM: 'xterm-256color', LANG: 'C.UTF-8' };
  return execFileSync('tmux', ['-u', '-S', join(place, 'socket'), '-f', '/dev/null', ...args], {
    encoding: 'utf8',
    env,
  });
}

async function record(size) {
  const home = join(place, size);
  mkdirSync(join(home, 'app'), { recursive: true });
  mkdirSync(directory, { recursive: true });
  const { env, trust } = cli.setUp(home);
  trust();
  const path = `${cli.bin}:${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`;
  const words = Object.entries({ ...env, HOME: home, PATH: path }).map(([word, value]) => `${word}=${value}`);
  const [columns, rows] = size.split('x');
  const session = ['-d', '-s', size, '-x', columns, '-y', rows, '-c', join(home, 'app')];
  // The title and the terminal's name are those that an agent of a fleet has.
  tmux(
    'start-server',
    ';',
    'set-option',
    '-g',
    'default-terminal',
    'tmux-256color',
    ';',
    'set-option',
    '-g',
    'status',
    'off',
    ';',
    'new-session',
    ...session,
    'env',
    ...words,
    ...cli.command,
  );
  for (const { name: scene, steps } of SCENES) {
    for (const step of steps) await perform(size, step);
    if (scene !== undefined) keep(`${scene}-${size}`, size, home);
  }
}

async function perform(size, step) {
  if (step.waitMs !== undefined) await pause(step.waitMs);
  if (step.key !== undefined) tmux('send-keys', '-t', `=${size}:`, step.key);
  if (step.type !== undefined) tmux('send-keys', '-t', `=${size}:`, '-l', step.type);
  if (step.paste === undefined) return;
  tmux('set-buffer', step.paste, ';', 'paste-buffer', '-p', '-r', '-d', '-t', `=${size}:`);
  await pause(SETTLE_MS / 2);
}

function keep(screen, size, home) {
  const text = tmux('capture-pane', '-p', '-t', `=${size}:`).replaceAll(home, '~');
  writeFileSync(join(directory, `${screen}.txt`), text);
  const [x, y, title] = tmux('display-message', '-p', '-t', `=${size}:`, '#{cursor_x},#{cursor_y},#{pane_title}')
    .trimEnd()
    .split(/,(.*?),(.*)/);
  facts.push([screen, x, y, title].join('\t'));
  process.stdout.write(`${screen}\n`);
}
