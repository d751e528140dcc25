import { agentStatusText, type AgentDetail } from '../../../src/cli/view/agent-status.ts';
import {
  diagnosticsGithub,
  diagnosticsLines,
  diagnosticsMarkdown,
  diagnosticsText,
} from '../../../src/cli/view/diagnostics.ts';
import { failureJson, failureText } from '../../../src/cli/view/failure.ts';
import { planGithub, planLines, planMarkdown } from '../../../src/cli/view/plan-review.ts';
import { planText } from '../../../src/cli/view/plan-text.ts';
import { printable, printableText } from '../../../src/cli/view/printable.ts';
import { createProgress } from '../../../src/cli/view/progress.ts';
import { rosterText, type RosterRow } from '../../../src/cli/view/roster.ts';
import { changeJson, changeText } from '../../../src/cli/view/status-changes.ts';
import { statusText } from '../../../src/cli/view/status.ts';
import { stepLine } from '../../../src/cli/view/step.ts';
import { verifyMarkdown, verifyText } from '../../../src/cli/view/verify.ts';
import { watchUnitLines } from '../../../src/cli/view/watch-unit.ts';
import { parseFleet } from '../../../src/manifest/parse.ts';
import { FleetError } from '../../../src/model/error.ts';
import { plainJson } from '../../../src/model/plain-json.ts';
import type { Change, Plan } from '../../../src/model/plan.ts';
import type { Step } from '../../../src/reconciler/execute.ts';
import type { DefaultTmuxProof } from '../../../src/reconciler/verify.ts';
import { fleetWith } from '../../support/fleet.ts';

const NOW = 10_000_000;

const agent = (text: string): AgentDetail => ({
  name: 'coder',
  desired: 'running',
  held: true,
  heldBy: `by=${text} at=${NOW - 60_000}`,
  state: 'running',
  inSync: false,
  pid: 4242,
  unit: 'mosaic-canary@coder.service',
  sessionId: '$3',
  restarts: 2,
  startedAtMs: NOW - 7_200_000,
  lastExit: { signal: text, at: NOW - 7_260_000, asked: false },
  activity: { state: 'dialog', source: 'screen', detail: text },
  envFileNewer: true,
  note: text,
  adapter: 'codex',
  lastScreen: text.split('\n'),
});

const condition = (message: string) => ({ type: 'Ready', status: 'False', reason: 'NotInSync', message }) as const;

const change = (text: string): Change => ({
  address: 'session.coder',
  group: 'agent.coder',
  action: 'restart',
  reason: 'spec_changed',
  disruption: 'restart',
  phase: 'restart',
  provider: 'systemd',
  patch: [{ op: 'replace', path: `/${text}`, value: [text, { A: text }] }],
  because: text,
  line: 7,
  expected: 'absent',
});

const plan = (text: string): Plan => ({
  fleet: 'canary',
  changes: [change(text), { ...change(text), address: 'file.libexec/x', group: 'fleet', action: 'update' }],
  blocked: [{ group: 'agent.a', address: 'session.a', reason: 'foreign', message: text, hint: text }],
  deferred: [{ group: 'agent.b', address: 'session.b', reason: 'busy', hint: text }],
  foreign: [{ address: 'session.c', message: text }],
  holds: [{ agent: 'd', by: text }],
  conditions: [condition(text)],
});

const failed = (text: string): Step => ({ change: change(text), result: 'failed', error: new Error(text) });
const skipped = (text: string): Step => ({ change: change(text), result: 'skipped', because: text });

const proof = (text: string): DefaultTmuxProof => {
  const fingerprint: DefaultTmuxProof['before'] = { state: 'present', path: text, sessions: [text], marked: [text] };
  return {
    untouched: false,
    basis: 'record',
    before: fingerprint,
    after: fingerprint,
    byUser: [text],
    because: [text],
  };
};

function progress(text: string): string {
  const list = createProgress();
  list.begin([change(text)]);
  list.step(failed(text));
  return list.lines(20).join('\n');
}

function checked(text: string): string {
  const read = [text, `apiVersion: ${JSON.stringify(text)}`, `a: ${text}`].map((source) =>
    parseFleet(source, 'fleet.yaml'),
  );
  return read
    .flatMap(({ diagnostics, text: source }) => [
      diagnosticsText(diagnostics, source),
      ...diagnosticsGithub(diagnostics),
      ...diagnosticsLines(diagnostics),
      diagnosticsMarkdown([{ file: 'fleet.yaml', diagnostics }]),
    ])
    .join('\n');
}

const status = (text: string): string => {
  const socket = { name: 'mosaic-factory', path: '/tmp/tmux-1/mosaic-factory' };
  return statusText({ fleet: 'canary', socket, conditions: [condition(text)], agents: [agent(text)] }, NOW);
};

const [declared] = fleetWith({ coder: '{ command: [codex] }' }).agents;

const row = (text: string): readonly RosterRow[] => {
  if (declared === undefined) throw new Error('no agent');
  const { name, state: desired } = declared;
  return [{ name, desired, description: text, labels: { role: text }, command: [text, '--key', text], adapter: text }];
};

/** Every place of the command line that shows what somebody else wrote, with that text in all its fields. */
export const SURFACES: Readonly<Record<string, (text: string) => string>> = {
  printable,
  'the last door': printableText,
  'the output as JSON': (text) => plainJson({ [text]: text }, 2),
  status,
  'status --watch': (text) =>
    [
      changeText({ kind: 'agent', name: 'a', now: { state: 'running', note: text, activity: { state: text } } }, 'now'),
      changeText({ kind: 'condition', name: 'Ready', now: { status: 'False', message: text } }, 'now'),
      changeJson({ kind: 'condition', name: 'Ready', now: { message: text } }, 'now', 'canary'),
    ].join('\n'),
  'agent status': (text) => agentStatusText([agent(text)], NOW),
  roster: (text) => rosterText(row(text)),
  plan: (text) => [false, true].map((verbose) => planText(plan(text), { manifest: 'fleet.yaml', verbose })).join(''),
  'a plan for a review': (text) =>
    [planMarkdown(plan(text)), planGithub(plan(text), 'f.yaml'), ...planLines(plan(text), 'f.yaml')].join('\n'),
  'the story of an apply': (text) => [stepLine(failed(text)), stepLine(skipped(text)), progress(text)].join('\n'),
  verify: (text) => {
    const answer = { formatVersion: '1.0', verified: false, plan: {}, defaultTmux: {} };
    const shown = { verified: false, proof: proof(text), plan: plan(text), manifest: 'f.yaml' };
    const hindered = { ...shown, proof: { ...proof(text), untouched: true }, plan: { ...plan(text), changes: [] } };
    return verifyText(shown) + verifyText(hindered) + verifyMarkdown(answer, proof(text));
  },
  validate: checked,
  'a failure': (text) =>
    [
      failureText(new FleetError('E_IO', text, { hint: text })),
      failureText(new FleetError('E_INTERNAL', text)),
      plainJson(failureJson(new FleetError('E_IO', text, { hint: text }), 1)),
    ].join('\n'),
  'the watcher’s unit': (text) =>
    watchUnitLines(
      { unit: 'u', state: 'failed', sinceMs: NOW, auto: 'safe', outdated: false, because: text },
      true,
    ).join('\n'),
};
