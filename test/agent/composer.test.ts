import { describe, expect, it } from '@jest/globals';
import { activityOf } from '../../src/agent/activity.ts';
import { adapterNamed } from '../../src/agent/adapters.ts';
import { composerState, showsText } from '../../src/agent/composer.ts';
import type { Screen } from '../../src/agent/screen.ts';
import { recordedScreens, screenOf } from './screens.ts';

const codex = adapterNamed('codex');
const claude = adapterNamed('claude');

const activity = (screen: Screen, adapter = codex): string =>
  activityOf(adapter, { screen, foreground: 'self', nowSec: 1000 }).state;

const BUSY = '• Working (3s • esc to interrupt)';
const ENDED = '  Worked for 3s • 12:00';
const DIALOG = '  Press enter to confirm or esc to cancel';
const EMPTY = '› Ask Codex to do anything';
const FOOTER = '\n  gpt-9 default · ~/app\n  ← for agents · ? for shortcuts';
const codexScreen = (...lines: readonly string[]): Screen => screenOf([...lines, FOOTER].join('\n'));

const RULE = '─'.repeat(40);
const claudeScreen = (...typed: readonly string[]): Screen =>
  screenOf([RULE, ...typed, RULE, '  auto mode'].join('\n'));

describe('words of a status line', () => {
  it('that an agent printed in a turn that ended do not make it busy', () => {
    expect(activity(codexScreen('› do it', BUSY, ENDED, EMPTY))).toBe('idle');
    expect(activity(codexScreen('› do it', '• I wrote:', `  ${BUSY}`, ENDED, EMPTY))).toBe('idle');
  });

  it('make it busy in the newest turn, whatever is queued below them', () => {
    const queued = ['• Queued follow-up inputs', '  ↳ first', '    and more', '    shift+← edit last queued message'];
    expect(activity(codexScreen(ENDED, '› do it', BUSY, ...queued, '', EMPTY))).toBe('busy');
  });

  it('that a person typed and did not send say nothing', () => {
    expect(activity(codexScreen(ENDED, `› look: "${BUSY}"`))).toBe('idle');
  });
});

describe('words of a dialog', () => {
  it('that an agent printed are no question', () => {
    expect(activity(codexScreen('› do it', '• Done.', DIALOG, ENDED, EMPTY))).toBe('idle');
  });

  it('that end like those of another are not taken for it', () => {
    const end = '› 1. Go on\n\n  enter continue · esc back';
    const report = (text: string): string | undefined =>
      activityOf(codex, { screen: screenOf(text), foreground: 'self', nowSec: 1000 }).detail;
    expect(report(`  Trust this folder?\n\n${end}`)).toBe('trust dialog');
    expect(report(`  Something else?\n\n${end}`)).toBe('menu');
  });

  it('without a place for typing below them are one', () => {
    const dialog = screenOf(
      `› do it\n\n  Would you like to run the following command?\n\n› 1. Yes\n  2. No\n\n${DIALOG}`,
    );
    expect(activity(dialog)).toBe('dialog');
    expect(composerState(codex, dialog)).toBe('unknown');
  });
});

describe('a turn that shows neither that it goes on nor that it ended', () => {
  it('is unknown', () => {
    expect(activity(codexScreen(ENDED, '› do it', '• The answer begins', EMPTY))).toBe('unknown');
  });

  it('is told by the title of the terminal', () => {
    const screen = codexScreen(ENDED, '› do it', '• The answer begins', EMPTY);
    expect(activity({ ...screen, title: '⠹ Some work | app' })).toBe('busy');
    expect(activity({ ...screen, title: '[ ! ] Action Required | app' })).toBe('dialog');
    expect(activity({ ...screen, title: 'Some work | app' })).toBe('unknown');
  });
});

describe('the place for typing', () => {
  it.each([
    ['empty', codexScreen(ENDED, EMPTY)],
    ['text', codexScreen(ENDED, '› Ask Codex to do anything else')],
    ['text', codexScreen(ENDED, '›', '  a second line')],
    ['text', codexScreen(ENDED, EMPTY, '  and more')],
    ['unknown', screenOf(ENDED)],
    ['unknown', screenOf('')],
  ])('of codex is %s', (state, screen) => {
    expect(composerState(codex, screen)).toBe(state);
  });

  it.each([
    ['empty', claudeScreen('❯\u00a0')],
    ['empty', claudeScreen('❯ Try "write a test for <filepath>"')],
    ['text', claudeScreen('❯ yes')],
    ['text', claudeScreen('❯', '', '  a third line')],
  ])('of claude is %s', (state, screen) => {
    expect(composerState(claude, screen)).toBe(state);
  });

  it('is where the cursor stands, not a line like it below', () => {
    const listed = screenOf(`${RULE}\n❯ \n${RULE}\n  ❯ /help`, { cursor: { x: 2, y: 1 } });
    expect(composerState(claude, listed)).toBe('empty');
  });

  it('is unknown in a program that nobody described', () => {
    expect(composerState(adapterNamed('my-agent'), codexScreen(EMPTY))).toBe('unknown');
    expect(composerState(adapterNamed('bash'), screenOf('$ '))).toBe('unknown');
  });
});

describe('a text that was not sent', () => {
  const long = 'Please look at the failing test of the parser and say what you would change first.';
  const cursorOn = (screen: Screen, words: string): Screen => ({
    ...screen,
    cursor: { x: 0, y: screen.lines.findIndex((line) => line.includes(words)) },
  });

  it('is known by its end, however it is broken into lines', () => {
    const lines = ['› Please look at the failing', '  test of the parser and say what you', '  would change first.'];
    expect(showsText(codex, cursorOn(codexScreen(...lines), 'would'), long)).toBe(true);
    expect(showsText(claude, claudeScreen('❯ Please look at the failing test of', ...lines.slice(1)), long)).toBe(true);
    expect(showsText(codex, cursorOn(codexScreen('› say', '', '  hello'), 'hello'), 'say\n\nhello\n')).toBe(true);
  });

  it.each(['codex', 'claude'])('is known by what %s shows for a long paste', (program) => {
    const shown = recordedScreens(program).filter(({ name }) => name.startsWith('half-typed-pasted-placeholder'));
    expect(shown).toHaveLength(2);
    for (const { screen } of shown) expect(showsText(adapterNamed(program), screen, long.repeat(40))).toBe(true);
  });

  it.each([
    ['what a person typed', ['› rm -rf build']],
    ['the text of a person that ends alike', ['› not yet']],
    ['a text that goes on', ['› yet another']],
    ['a text that goes on further down', ['› yet', '', '  another']],
    ['a suggestion', [EMPTY]],
  ])('is not %s', (_what, lines) => {
    const last = lines.at(-1)?.trim() ?? '';
    expect(showsText(codex, cursorOn(codexScreen(...lines), last), 'yet')).toBe(false);
  });

  it('is not a long one that a person has added to', () => {
    expect(showsText(claude, claudeScreen(`❯ ${long}`, '', '  and more'), long)).toBe(false);
    expect(showsText(claude, claudeScreen(`❯ ${long}`), long)).toBe(true);
  });
});
