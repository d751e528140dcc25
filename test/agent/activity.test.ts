import { describe, expect, it } from '@jest/globals';
import { activityOf, type SeenAgent } from '../../src/agent/activity.ts';
import { adapterNamed, type Adapter } from '../../src/agent/adapters.ts';
import type { Screen } from '../../src/agent/screen.ts';
import { screenOf } from './screens.ts';

const RULES: Adapter['screen'] = {
  setup: ['^Log in to'],
  dialog: ['^Allow this?', { line: '^Do you trust', means: 'trust dialog' }],
  busy: ['Working*esc to interrupt'],
  idle: ['^› *'],
};
const plain: Adapter = { name: 'tui', submitDelayMs: 0, submitKey: 'Enter', screen: RULES };
const composed: Adapter = { ...plain, composer: { line: ['^›'], empty: ['^› Ask*'], settled: ['^Done in '] } };

const screen = screenOf;

const seen = (shown: Screen | undefined, more: Partial<SeenAgent> = {}): SeenAgent => ({
  screen: shown,
  foreground: 'self',
  nowSec: 1060.7,
  ...more,
});

const BUSY = '• Working (3s • esc to interrupt)';
const IDLE = '› Ask anything';

describe('the activity of an agent with rules for its screen', () => {
  it.each([
    ['idle', IDLE],
    ['busy', `${BUSY}\n\n${IDLE}`],
    ['dialog', `${BUSY}\nAllow this?\n› 1. Yes`],
    ['setup', `Allow this?\nLog in to go on\n${IDLE}`],
    ['unknown', 'some text'],
    ['unknown', ''],
  ])('is %s on %j', (state, text) => {
    const source = state === 'unknown' ? 'none' : 'screen';
    expect(activityOf(plain, seen(screen(text)))).toMatchObject({ state, source, sinceSec: 60 });
  });

  it('is known by what is near the bottom, not by what was said long ago', () => {
    const old = `${BUSY}\n${Array(20).fill('said before').join('\n')}\n${IDLE}`;
    expect(activityOf(plain, seen(screen(old))).state).toBe('idle');
  });

  it('goes by the newest turn above the place for typing, where the adapter knows that place', () => {
    const said = `Allow this?\n${BUSY}\none\nDone in 2s\n${IDLE}\n100% left`;
    expect(activityOf(plain, seen(screen(said))).state).toBe('dialog');
    expect(activityOf(composed, seen(screen(said))).state).toBe('idle');
    expect(activityOf(composed, seen(screen(`Allow this?\nDone in 2s\n${BUSY}\na\n\n${IDLE}`))).state).toBe('busy');
    expect(activityOf(composed, seen(screen(`${BUSY}\n› what was sent\none\n${IDLE}`))).state).toBe('idle');
  });

  it('takes no-break spaces for spaces and lines without their margins', () => {
    expect(activityOf(plain, seen(screen('   ›\u00a0hello   '))).state).toBe('idle');
  });

  it('says what waits for a person', () => {
    const details = ['Allow this?', 'Do you trust ~/app?', 'Log in to x'].map(
      (text) => activityOf(plain, seen(screen(text))).detail,
    );
    expect(details).toEqual(['permission dialog', 'trust dialog', 'set-up dialog']);
  });

  it('is unknown without a screen, on a dead one, and while the process is stopped', () => {
    expect(activityOf(plain, seen(undefined))).toEqual({ state: 'unknown', source: 'none' });
    expect(activityOf(plain, seen(screen(IDLE, { dead: true })))).toEqual({ state: 'unknown', source: 'none' });
    expect(activityOf(plain, seen(screen(IDLE), { isStopped: true }))).toEqual({
      state: 'unknown',
      source: 'process',
      sinceSec: 60,
      detail: 'stopped',
    });
  });

  it('never says that the last output lies in the future (F84)', () => {
    expect(activityOf(plain, seen(screen(IDLE), { nowSec: 900 })).sinceSec).toBe(0);
  });
});

describe('the activity of a shell', () => {
  const shell = adapterNamed('bash');

  it.each([
    ['self', 'idle', 'process'],
    ['other', 'busy', 'process'],
    ['unknown', 'unknown', 'none'],
  ] as const)('with %s in the foreground is %s', (foreground, state, source) => {
    expect(activityOf(shell, seen(screen('$'), { foreground }))).toEqual({ state, source, sinceSec: 60 });
    expect(activityOf(shell, seen(undefined, { foreground }))).toEqual({ state, source });
  });

  it('is a question where the manifest knows one, and else what its process tells', () => {
    const asking: Adapter = { ...shell, screen: { dialog: ['password:'], busy: ['$'] } };
    expect(activityOf(asking, seen(screen('sudo password:'), { foreground: 'other' }))).toMatchObject({
      state: 'dialog',
      source: 'screen',
    });
    expect(activityOf(asking, seen(screen('$')))).toMatchObject({ state: 'idle', source: 'process' });
  });
});

it('nothing is claimed of a program that nobody described', () => {
  const lines = `${BUSY}\nAllow this?\n${IDLE}`;
  expect(activityOf(adapterNamed('my-agent'), seen(screen(lines)))).toMatchObject({ state: 'unknown', source: 'none' });
});
