import { describe, expect, it } from '@jest/globals';
import type { Wait } from '../../src/agent/await-idle.ts';
import type { Normalization } from '../../src/agent/message.ts';
import type { Doubt, Refusal, Source, Verdict } from '../../src/agent/receipt.ts';
import { ERRORS } from '../../src/model/error.ts';
import type { Activity, ActivityReport, AgentState, PathFact } from '../../src/model/observed.ts';
import {
  PHASES,
  type Action,
  type BlockedReason,
  type Deferred,
  type Disruption,
  type PatchOperation,
  type Reason,
} from '../../src/model/plan.ts';
import type { Observation } from '../../src/model/resource.ts';
import type { Fingerprint } from '../../src/model/fingerprint.ts';
import type { Step } from '../../src/reconciler/execute.ts';
import type { AgentEvent } from '../../src/cli/agent-events.ts';
import type { UnitCheck } from '../../src/cli/render/check.ts';
import { outputSchema, type SchemaNode } from './output-schemas.ts';

/** Every member of a union once: the compiler refuses a list that lacks one or has one too many. */
const members = <T extends string>(all: Record<T, true>): readonly string[] => Object.keys(all);

const plan = outputSchema('plan').definitions ?? {};
const agent = outputSchema('status').properties?.['agents']?.items?.properties ?? {};
const activity = agent['activity']?.properties ?? {};
const fingerprint = outputSchema('verify').definitions?.['fingerprint']?.properties ?? {};
const receipt = outputSchema('send').properties?.['results']?.items?.properties ?? {};
const failure = outputSchema('failure').properties?.['error']?.properties ?? {};
const touch = outputSchema('saved-plan').properties?.['touches']?.items?.properties ?? {};
const step = outputSchema('result').properties?.['steps']?.items?.properties ?? {};
const event = outputSchema('log').properties?.['events']?.items?.properties ?? {};
const record = outputSchema('log').properties?.['records']?.items?.properties ?? {};
const snapshot = outputSchema('snapshot').definitions ?? {};
const seen = (name: string): Readonly<Record<string, SchemaNode>> => snapshot[name]?.properties ?? {};
const fields = (name: string): Readonly<Record<string, SchemaNode>> => plan[name]?.properties ?? {};

describe('the closed words of the JSON outputs', () => {
  it.each<[string, SchemaNode | undefined, readonly string[]]>([
    [
      'action',
      fields('change')['action'],
      members<Action>({
        create: true,
        update: true,
        restart: true,
        start: true,
        stop: true,
        replace: true,
        delete: true,
      }),
    ],
    [
      'disruption',
      fields('change')['disruption'],
      members<Disruption>({ none: true, live: true, restart: true, kill: true, fleet: true }),
    ],
    [
      'reason of a change',
      fields('change')['reason'],
      members<Reason>({
        missing: true,
        spec_changed: true,
        hand_edited: true,
        upgraded: true,
        not_loaded: true,
        not_running: true,
        not_wanted: true,
        held: true,
        exited: true,
        failed: true,
        crash_looping: true,
        not_in_manifest: true,
        renamed: true,
        requested: true,
      }),
    ],
    [
      'operation of a patch',
      fields('operation')['op'],
      members<PatchOperation['op']>({ add: true, remove: true, replace: true, move: true, copy: true, test: true }),
    ],
    [
      'reason of a block',
      fields('blocked')['reason'],
      members<BlockedReason>({
        foreign: true,
        'foreign-server': true,
        'foreign-sessions': true,
        impostor: true,
        unknown: true,
        protected: true,
        self: true,
        masked: true,
        'unit-refused': true,
        'crash-looping': true,
        'command-not-found': true,
        'working-directory': true,
        'env-file': true,
        'duplicate-owner': true,
        'mass-delete': true,
      }),
    ],
    [
      'reason of a wait',
      fields('deferred')['reason'],
      members<Deferred['reason']>({
        busy: true,
        dialog: true,
        'unknown-activity': true,
        manual: true,
        'needs-person': true,
        starting: true,
      }),
    ],
    [
      'state of an agent',
      agent['state'],
      members<AgentState>({
        running: true,
        starting: true,
        stopped: true,
        exited: true,
        failed: true,
        'crash-looping': true,
        missing: true,
        unknown: true,
      }),
    ],
    [
      'activity',
      activity['state'],
      members<Activity>({ idle: true, busy: true, dialog: true, setup: true, unknown: true }),
    ],
    [
      'source of an activity',
      activity['source'],
      members<ActivityReport['source']>({ process: true, screen: true, none: true }),
    ],
    [
      'state of the default server',
      fingerprint['state'],
      members<Fingerprint['state']>({ absent: true, stale: true, present: true }),
    ],
    ['phase of a saved step', touch['phase'], PHASES],
    [
      'kind of a path',
      seen('pathFact')['kind'],
      members<PathFact['kind']>({ file: true, directory: true, other: true, missing: true, denied: true }),
    ],
    [
      'state of what was seen',
      seen('observation')['state'],
      members<Observation['state']>({ present: true, absent: true, unknown: true }),
    ],
    [
      'reason of a receipt',
      receipt['reason'],
      members<Refusal | Doubt>({
        stopped: true,
        missing: true,
        starting: true,
        foreign: true,
        impostor: true,
        dead: true,
        gone: true,
        'input-off': true,
        synchronized: true,
        'process-stopped': true,
        setup: true,
        dialog: true,
        'half-typed': true,
        'line-too-long': true,
        'activity-unknown': true,
        timeout: true,
        interrupted: true,
        'not-reached': true,
        'no-answer': true,
        'enter-withheld': true,
        'enter-failed': true,
        'agent-ended': true,
        'agent-stopped': true,
        'not-read': true,
        'not-submitted': true,
      }),
    ],
    ['receipt', receipt['receipt'], members<Verdict['receipt']>({ delivered: true, unverified: true, refused: true })],
    [
      'evidence of a delivery',
      receipt['evidence']?.properties?.['source'],
      members<Source>({ 'input-read': true, composer: true }),
    ],
    [
      'change of a message',
      receipt['normalized']?.items,
      members<Normalization>({ 'crlf-to-lf': true, 'final-newline-dropped': true }),
    ],
    [
      'end of a wait',
      receipt['wait'],
      members<Wait>({ idle: true, question: true, ended: true, timeout: true, interrupted: true, unknown: true }),
    ],
    ['code of a failure', failure['code'], Object.keys(ERRORS)],
  ])('%s: the schema has exactly those of the program', (_name, node, words) => {
    expect(new Set(node?.enum)).toEqual(new Set(words));
  });

  it('name every exit code of a failure', () => {
    const exits = Object.values(ERRORS).map(({ exit }) => exit);
    expect(new Set(failure['exit']?.enum)).toEqual(new Set(exits));
  });
});

describe('the closed words of answers about work', () => {
  const actions = fields('change')['action']?.enum ?? [];

  it.each<[string, SchemaNode | undefined, readonly (string | number)[]]>([
    ['result of a step', step['result'], members<Step['result']>({ done: true, failed: true, skipped: true })],
    ['result of a recorded step', record['result'], [...(step['result']?.enum ?? []), 'unverified', 'refused']],
    ['action of a step', step['action'], actions],
    ['kind of an event', event['kind'], members<AgentEvent['kind']>({ started: true, ended: true })],
    ['action of a recorded step', record['action'], [...actions, 'send']],
    [
      'check of rendered units',
      outputSchema('render').properties?.['check']?.properties?.['result'],
      members<UnitCheck['result']>({ ok: true, failed: true, not_checked: true }),
    ],
  ])('%s: the schema has exactly those of the program', (_name, node, words) => {
    expect(new Set(node?.enum)).toEqual(new Set(words));
  });
});
