import { describe, expect, it } from '@jest/globals';
import { activityOf } from '../../src/agent/activity.ts';
import { adapterNamed } from '../../src/agent/adapters.ts';
import { composerState } from '../../src/agent/composer.ts';
import type { Screen } from '../../src/agent/screen.ts';
import { recordedScreens } from './screens.ts';

const stateOf = (program: string, screen: Screen): string =>
  activityOf(adapterNamed(program), { screen, foreground: 'self', nowSec: 1000 }).state;

/** A person in the middle of a word does not make an agent busy. */
const expectedState = (name: string): string => name.split('-')[0]?.replace('half', 'idle') ?? '';

const PROGRAMS = ['codex', 'claude'] as const;

describe.each(PROGRAMS)('the recorded screens of %s', (program) => {
  const screens = recordedScreens(program);

  it('are there in two sizes', () => {
    const names = screens.map(({ name }) => name);
    const wide = names.filter((name) => name.endsWith('-200x50'));
    expect(wide.length).toBeGreaterThan(20);
    expect(names.filter((name) => name.endsWith('-80x24'))).toHaveLength(wide.length);
  });

  it.each(screens.map(({ name, screen }) => [name, screen] as const))('%s is taken for what it is', (name, screen) => {
    expect(stateOf(program, screen)).toBe(expectedState(name));
  });

  it.each(screens.map(({ name, screen }) => [name, screen] as const))('%s: what is typed is told', (name, screen) => {
    const isQuestion = /^(?:setup|dialog|unknown-no)/.test(name);
    const typed = name.includes('half-typed') ? 'text' : 'empty';
    expect(composerState(adapterNamed(program), screen)).toBe(isQuestion ? 'unknown' : typed);
  });
});

it.each([
  ['codex', 'setup-trust-directory', 'trust dialog'],
  ['codex', 'setup-login', 'login dialog'],
  ['codex', 'dialog-command-approval', 'permission dialog'],
  ['codex', 'dialog-question', 'question'],
  ['codex', 'dialog-model-picker', 'menu'],
  ['codex', 'dialog-server-lost', 'lost its server'],
  ['claude', 'setup-trust-directory', 'trust dialog'],
  ['claude', 'setup-api-key', 'login dialog'],
  ['claude', 'dialog-file-approval', 'permission dialog'],
  ['claude', 'dialog-question', 'question'],
] as const)('%s: what waits on %s is named %s', (program, name, detail) => {
  const found = recordedScreens(program).filter((recorded) => recorded.name.startsWith(name));
  const details = found.map(
    ({ screen }) => activityOf(adapterNamed(program), { screen, foreground: 'self', nowSec: 1000 }).detail,
  );
  expect(new Set(details)).toEqual(new Set([detail]));
});
