import { check, failures, section } from './checks.mjs';
import { startFleet } from './fleet.mjs';
import { startModelServer } from './model-server.mjs';

const LONG = `2,000 characters: ${'abc def '.repeat(250)}`.slice(0, 1999).concat('.');
const MESSAGES = {
  'one line': 'Say hello.',
  'three lines': 'First.\nSecond.\nThird.',
  '2,000 characters': LONG,
  '60 lines': Array.from({ length: 60 }, (_, index) => `Line ${index + 1} of the message.`).join('\n'),
  'a semicolon at the end': 'echo one; echo two;',
  'words of a shell and of tmux': 'Keep $HOME, $(id), `id`, #{pane_id}, %0 and \\n as they are.',
  'emoji and combining characters': 'Grüße 👩‍💻 é ﷽ 日本語 🙂',
  'a leading dash': '-n --help',
  'the name of a key': 'Enter',
  'an empty line within': 'Above.\n\nBelow.',
};

/**
 * Runs this agent CLI in a real fleet, with a stand-in for its model, and compares what `mosaic agent send` was given
 * with what the model got. Everything is in a directory of its own, on a socket of its own, and is removed in the end.
 */
export async function talkTo(cliOf, supervisor) {
  const asked = [];
  const server = await startModelServer({ onRequest: (request) => asked.push(request) });
  const cli = cliOf(server.url);
  const fleet = await startFleet({ supervisor, ...cli });
  const room = { cli, fleet, server, asked };
  try {
    for (const step of STEPS) await step(room);
  } finally {
    await fleet.end();
    await server.close();
  }
  process.stdout.write(failures() === 0 ? 'All as it should be.\n' : `${failures()} of the checks failed.\n`);
  process.exitCode = failures() === 0 ? 0 : 1;
}

const STEPS = [
  neverIntoTheTrustDialog,
  byteForByte,
  neverIntoAQuestion,
  neverIntoHalfTypedText,
  whenIdleAndWait,
  goesOnAfterAKill,
];

async function neverIntoTheTrustDialog({ fleet }) {
  section('a dialog at the first start');
  await fleet.activity('setup');
  check('status names the trust dialog', (await fleet.agent()).activity.detail === 'trust dialog');
  const sent = await fleet.send('yes');
  check('a message is refused', sent.exitCode === 4 && sent.result.reason === 'setup', sent);
  check('the dialog is still there', (await fleet.agent()).activity.state === 'setup');
  fleet.trust();
  await fleet.mosaic('agent', 'reset', 'coder', '--yes');
  await fleet.activity('idle');
}

async function byteForByte({ cli, fleet, server }) {
  section('what was sent is what the model got');
  for (const [name, text] of Object.entries(MESSAGES)) {
    const before = server.received.length;
    const sent = await fleet.send(text, '--wait');
    const got = server.received.slice(before);
    const { receipt, evidence } = sent.result;
    check(
      `${name}: ${receipt} by ${evidence?.source} after ${Math.round(evidence?.afterMs)} ms`,
      receipt === 'delivered',
      sent,
    );
    check(
      `${name}: the same ${Buffer.byteLength(text)} bytes`,
      got.length === 1 && cli.messageIn(got[0]) === text,
      got,
    );
  }
}

async function neverIntoAQuestion({ cli, fleet }) {
  section('a question on the screen');
  await fleet.send(cli.needsLeave);
  await fleet.activity('dialog');
  const sent = await fleet.send('go on');
  check('a message is refused', sent.exitCode === 4 && sent.result.reason === 'dialog', sent);
  check('the question is still there', (await fleet.agent()).activity.state === 'dialog');
  await fleet.type('Escape');
  await fleet.activity('idle');
}

async function neverIntoHalfTypedText({ fleet, server }) {
  section('a person has begun to type');
  await fleet.type('-l', 'my own ');
  const sent = await fleet.send('words');
  check('a message is refused', sent.exitCode === 4 && sent.result.reason === 'half-typed', sent);
  const forced = await fleet.send('words', '--force', '--wait');
  check('--force adds to it', forced.exitCode === 0 && server.received.at(-1) === 'my own words', forced);
}

async function whenIdleAndWait({ fleet, server }) {
  section('--when idle --wait');
  await fleet.send('stand-in: delay 3000');
  await fleet.activity('busy');
  const sent = await fleet.send('stand-in: delay 1000\nafter that', '--when', 'idle', '--wait');
  check('sent after the turn and ended after its own', sent.exitCode === 0 && sent.ms > 2000, sent);
  check(
    'the model got both, in turn',
    server.received.slice(-2).every((text) => text.startsWith('stand-in: delay')),
  );
  check('idle again', (await fleet.agent()).activity.state === 'idle');
}

async function goesOnAfterAKill({ fleet, asked }) {
  section('killed and resumed');
  const before = (await fleet.agent()).pid;
  process.kill(before, 'SIGKILL');
  await fleet.comesBack(before);
  await fleet.activity('idle');
  const sent = await fleet.send('Do you remember?', '--wait');
  const turn = asked.findLast((request) => (request.tools ?? []).length > 0);
  check('the conversation goes on', sent.exitCode === 0 && JSON.stringify(turn).includes(MESSAGES['one line']), sent);
}
