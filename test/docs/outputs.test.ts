import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { createProgram } from '../../src/cli/program.ts';
import { cleanUp, runMosaic, tempHome } from '../support/harness.ts';
import { sh } from '../support/process.ts';
import { startWatch } from '../system/live-watch.ts';
import { fieldsWithoutMeaning, outputValidator, SCHEMA_NAMES, type SchemaName } from './output-schemas.ts';

jest.setTimeout(60_000);
afterAll(cleanUp);

const home = tempHome();
const manifest = `${home.home}/fleet.yaml`;
const socket = `${home.tmuxTmpdir}/tmux-${process.getuid?.() ?? 0}/${home.fleet}`;

/** A fleet without a user manager: the outputs have the same shape under both supervisors. */
function roster(agents: string): void {
  const head = `apiVersion: mosaic/v1alpha1\nkind: Fleet\nmetadata: { name: ${home.fleet} }\n`;
  const spec = `spec:\n  supervisor: tmux\n  tmux: { socket: ${home.fleet} }\n  agents:\n`;
  writeFileSync(manifest, `${head}${spec}${agents}`, { mode: 0o600 });
}

const output = (...args: readonly string[]): Promise<unknown> => answerOf('fleet', ...args);

async function answerOf(...args: readonly string[]): Promise<unknown> {
  const ended = await runMosaic([...args, '-o', 'json'], { home });
  return ended.json();
}

/** Fails with the schema's own complaints; also where the program prints what the schema does not describe. */
function expectFits(name: SchemaName, value: unknown): void {
  for (const strict of [false, true]) {
    const validate = outputValidator(name, { strict });
    validate(value);
    expect(validate.errors ?? []).toEqual([]);
  }
}

/** What each command prints when it does not fail; a terminal's own program prints nothing. */
const SCHEMA_OF: Readonly<Record<string, SchemaName | 'nothing'>> = {
  'agent attach': 'nothing',
  'agent reset': 'result',
  'agent send': 'send',
  'agent tail': 'tail',
  'agent roster': 'roster',
  'agent status': 'agent-status',
  'fleet apply': 'result',
  'fleet destroy': 'destroy',
  'fleet doctor': 'doctor',
  'fleet init': 'init',
  'fleet install': 'result',
  'fleet log': 'log',
  'fleet plan': 'plan',
  'fleet render': 'render',
  'fleet restart': 'result',
  'fleet snapshot': 'snapshot',
  'fleet start': 'result',
  'fleet status': 'status',
  'fleet stop': 'result',
  'fleet validate': 'validate',
  'fleet verify': 'verify',
  'fleet watch': 'watch-unit',
};

/** Of every command that fails, and of what goes into files. */
const NOT_OF_ONE_COMMAND: readonly SchemaName[] = ['failure', 'saved-plan', 'written'];

describe('a JSON output fits its schema:', () => {
  it('the roster, before anything is installed', async () => {
    roster(
      '    one: { command: [sleep, "3600"], labels: { role: a } }\n    two: { shell: "sleep 1", state: stopped }\n',
    );
    const agents = await answerOf('agent', 'roster');
    expect(agents).toMatchObject({ agents: [{ labels: { role: 'a' } }, { desired: 'stopped' }] });
    expectFits('roster', agents);
  });

  it('the first plan', async () => {
    roster('    one: { command: [sleep, "3600"] }\n    two: { command: [sleep, "3600"], env: { API_TOKEN: x } }\n');
    const plan = await output('plan');
    expect(plan).toMatchObject({ empty: false, summary: { start: 3 } });
    expectFits('plan', plan);
  });

  it('the status and the proof of a fleet in sync', async () => {
    await output('apply', '--yes');
    const status = await output('status');
    expect(status).toMatchObject({ agents: [{ state: 'running' }, { state: 'running' }] });
    expectFits('status', status);
    const agents = await answerOf('agent', 'status');
    expect(agents).toMatchObject({ agents: [{ uptimeSec: expect.any(Number), lastExit: null }, { name: 'two' }] });
    expectFits('agent-status', agents);
    const proof = await output('verify', '--report', `${home.root}/evidence`);
    expect(proof).toMatchObject({ verified: true });
    expectFits('verify', proof);
    expectFits('verify', JSON.parse(readFileSync(`${home.root}/evidence.json`, 'utf8')));
  });

  it('the status of a watched fleet, and of one whose watcher is gone', async () => {
    const watch = await startWatch(home);
    await output('stop', 'two');
    roster('    one: { command: [sleep, "3600"] }\n');
    await watch.said(/^Ready: False/);
    const status = await output('status');
    expect(status).toMatchObject({ watch: { running: true, waits: [{ group: 'agent.two' }] } });
    expectFits('status', status);
    await watch.end('SIGKILL');
    const after = await output('status');
    expect(after).toMatchObject({ watch: { running: false, waits: [] } });
    expectFits('status', after);
    await output('start', 'two');
  });

  it('the receipts of a message', async () => {
    const ended = await runMosaic(['agent', 'send', 'one', 'hello', '-o', 'json'], { home });
    expect(ended.json()).toMatchObject({ results: [{ receipt: 'unverified', reason: 'not-read' }] });
    expectFits('send', ended.json());
  });

  it('a plan with changes, holds and everything that can be in the way', async () => {
    await output('stop', 'two');
    await sh(['tmux', '-N', '-S', socket, 'new-session', '-d', '-s', 'three', 'sleep 3600']);
    roster(`    one: { command: [sleep, "7200"] }
    two: { command: [sleep, "3600"], env: { API_TOKEN: y } }
    three: { command: [sleep, "3600"] }
    four: { command: [no-such-program], workingDirectory: /no/such/place }\n`);
    const plan = await output('plan');
    expect(plan).toMatchObject({
      summary: { restart: 1 },
      holds: [{ agent: 'two' }],
      blocked: expect.arrayContaining([
        expect.objectContaining({ group: 'agent.three', reason: 'foreign' }),
        expect.objectContaining({ group: 'agent.four', reason: 'command-not-found' }),
      ]),
    });
    expectFits('plan', plan);
    expectFits('status', await output('status'));
    const agents = await answerOf('agent', 'status', 'two');
    expect(agents).toMatchObject({ agents: [{ lastExit: { asked: true }, uptimeSec: null, held: true }] });
    expectFits('agent-status', agents);
    expectFits('verify', await output('verify'));
  });

  it('what is seen, and a saved plan', async () => {
    const snapshot = await output('snapshot');
    expect(snapshot).toMatchObject({
      items: { 'session.one': { state: 'present' } },
      host: { holds: [{ agent: 'two' }] },
    });
    expectFits('snapshot', snapshot);
    await output('plan', '--out', `${home.root}/saved.plan`);
    const saved: unknown = JSON.parse(readFileSync(`${home.root}/saved.plan`, 'utf8'));
    expect(saved).toMatchObject({ touches: expect.arrayContaining([expect.objectContaining({ phase: 'restart' })]) });
    expectFits('saved-plan', saved);
  });

  it('a failure, with and without diagnostics', async () => {
    expectFits('failure', await output('stop', 'nobody'));
    expectFits('failure', await output('plan', '--no-such-option'));
    roster('    one: { comand: [sleep] }\n');
    const failure = await output('plan');
    expect(failure).toMatchObject({
      error: { code: 'E_MANIFEST', exit: 65 },
      diagnostics: [{ severity: 'error' }],
    });
    expectFits('failure', failure);
    expectFits('status', await output('status'));
    const agents = await answerOf('agent', 'status');
    expect(agents).toMatchObject({ conditions: [{ type: 'ManifestInvalid' }] });
    expectFits('agent-status', agents);
  });

  it('a check of manifests, good and bad', async () => {
    expectFits('validate', await output('validate'));
    roster('    one: { command: [sleep, "1"] }\n');
    const answer = await output('validate');
    expect(answer).toMatchObject({ valid: true });
    expectFits('validate', answer);
  });

  it('what render wrote, and where a snapshot went', async () => {
    const rendered = await output('render', '--out', `${home.root}/rendered`);
    expect(rendered).toMatchObject({
      files: expect.arrayContaining([expect.objectContaining({ path: 'home/bin/mosaic', kind: 'file' })]),
      check: { result: 'not_checked' },
    });
    expectFits('render', rendered);
    expectFits('written', await output('snapshot', '--out', `${home.root}/observed.json`));
  });

  it('what doctor finds, on a machine that is well or not', async () => {
    const found = await output('doctor');
    expect(found).toMatchObject({ checks: expect.arrayContaining([expect.objectContaining({ check: 'tmux' })]) });
    expectFits('doctor', found);
  });

  it('the screen of an agent, alive or saved', async () => {
    const screen = await answerOf('agent', 'tail', 'one');
    expect(screen).toMatchObject({ agent: 'one', state: 'running', source: 'pane' });
    expectFits('tail', screen);
  });

  it('what was done, and what is left of it', async () => {
    const one = '    one: { command: [sleep, "1000"] }\n';
    roster(`${one}    lost: { command: [no-such-program] }\n`);
    const done = await output('apply', '--yes', '--now');
    expect(done).toMatchObject({
      steps: expect.arrayContaining([expect.objectContaining({ action: 'restart', result: 'done' })]),
      left: { blocked: [{ reason: 'command-not-found' }] },
    });
    expectFits('result', done);
    expectFits('result', await answerOf('agent', 'reset', 'one'));
    roster(one);
    for (const words of [['install'], ['stop', 'one'], ['start', 'one'], ['restart', 'one'], ['apply', '--yes']])
      expectFits('result', await output(...words));
    const log = await output('log', 'one');
    expect(log).toMatchObject({ records: expect.arrayContaining([expect.objectContaining({ action: 'restart' })]) });
    expectFits('log', log);
  });

  it('a fleet that is gone, and a new one', async () => {
    const gone = await output('destroy', '--yes', '--with-foreign');
    expect(gone).toMatchObject({ destroyed: true, left: { empty: true } });
    expectFits('destroy', gone);
    rmSync(manifest);
    const begun = await output('init', '--agent', 'one=sleep 1');
    expect(begun).toMatchObject({ manifest, agents: ['one'] });
    expectFits('init', begun);
  });

  it('and there is one for every command', () => {
    const commands = createProgram('').command.commands.flatMap((family) =>
      family.commands.map((one) => `${family.name()} ${one.name()}`),
    );
    expect(Object.keys(SCHEMA_OF).toSorted()).toEqual(commands.toSorted());
    expect(new Set([...Object.values(SCHEMA_OF), ...NOT_OF_ONE_COMMAND])).toEqual(
      new Set([...SCHEMA_NAMES, 'nothing']),
    );
  });

  it('and every schema says what each of its fields means', () => {
    expect(SCHEMA_NAMES.flatMap(fieldsWithoutMeaning)).toEqual([]);
  });
});
