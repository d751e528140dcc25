import { describe, expect, it } from '@jest/globals';
import { parseFleet } from '../../src/manifest/parse.ts';
import { WARNINGS, type WarningCode } from '../../src/manifest/warnings.ts';
import { manifest, withAgent } from './support.ts';

const LIMITS = 'limits: { memoryMax: 4G }';
const two = (one: string, other: string): string =>
  manifest(`agents:\n  a: { command: [x], ${LIMITS}, ${one} }\n  b: { command: [x], ${LIMITS}, ${other} }`);

/** Each earns exactly one warning, of this code. */
const CASES: readonly (readonly [WarningCode, string, string])[] = [
  ['W_COMMENT', 'a text that is cut', withAgent(`command: [x]\n${LIMITS}\ndescription: one #two`)],
  ['W_NO_AGENTS', 'no agents', manifest('agents: {}')],
  ['W_SECRET_NAME', 'a variable named like a secret', withAgent(`command: [x]\n${LIMITS}\nenv: { API_KEY: abcdefgh }`)],
  ['W_SECRET_NAME', 'a flag named like one', withAgent(`command: [x, --token, abcdefgh]\n${LIMITS}`)],
  ['W_SECRET_SHAPE', 'a credential', withAgent(`command: [x]\n${LIMITS}\nenv: { X: ghp_abcdefghijklmnopqrst }`)],
  ['W_SHARED_CWD', 'one directory for two', two('workingDirectory: /a', 'workingDirectory: /a/')],
  ['W_SHARED_CWD', 'none for two', two('state: running', 'state: stopped')],
  ['W_SHARED_CWD', 'none for the one and the home for the other', two('state: running', 'workingDirectory: ~/')],
  [
    'W_SHARED_CWD',
    'one directory for all',
    manifest(`agentDefaults: { workingDirectory: /a, command: [x], ${LIMITS} }\nagents: { a: {}, b: {} }`),
  ],
  ['W_NO_LIMITS', 'no limits', withAgent('command: [x]')],
  ['W_NO_LIMITS', 'empty limits', withAgent('command: [x]\nlimits: {}')],
  ['W_NO_LIMITS', 'a supervisor that keeps none', manifest('supervisor: tmux\nagents: { a: { command: [x] } }')],
  ['W_SHELL', 'a shell line', withAgent(`shell: x y\n${LIMITS}`)],
  ['W_SHELL', 'a shell line for all', manifest(`agentDefaults: { shell: x, ${LIMITS} }\nagents: { a: {} }`)],
];

const told = (text: string, allow?: readonly WarningCode[]): readonly string[] =>
  parseFleet(text, 'f', { strict: true, ...(allow === undefined ? {} : { allow }) }).diagnostics.map(
    ({ severity, code }) => `${severity} ${code}`,
  );

describe('a strict review', () => {
  it.each(CASES)('fails with %s on %s, and says how that could be allowed', (code, _, text) => {
    const { fleet, diagnostics } = parseFleet(text, 'f', { strict: true });
    expect(diagnostics.map((one) => `${one.severity} ${one.code}`)).toEqual([`error ${code}`]);
    expect(fleet).toBeUndefined();
    expect(diagnostics[0]?.hint).toMatch(new RegExp(`--allow ${code}$`));
  });

  it.each(CASES)('counts %s for what it is without a review once it is allowed: %s', (code, _, text) => {
    const lax = parseFleet(text, 'f');
    const allowed = parseFleet(text, 'f', { strict: true, allow: [code] });
    expect(allowed.fleet).toEqual(lax.fleet);
    expect(allowed.fleet).toBeDefined();
    const isNew = code === 'W_SHARED_CWD' && lax.diagnostics.length === 0;
    expect(allowed.diagnostics.map((one) => one.severity)).toEqual(
      isNew ? ['warning'] : lax.diagnostics.map(() => 'warning'),
    );
  });

  it('does not let a credential pass because its name is allowed', () => {
    const text = withAgent(`command: [x]\n${LIMITS}\nenv: { API_KEY: sk-abcdefghijklmnopqrstuvwx }`);
    expect(told(text, ['W_SECRET_NAME'])).toEqual(['error W_SECRET_SHAPE']);
    const behindFlag = withAgent(`command: [x, --token, ghp_abcdefghijklmnopqrst]\n${LIMITS}`);
    expect(told(behindFlag, ['W_SECRET_NAME'])).toEqual(['warning W_SECRET_NAME', 'error W_SECRET_SHAPE']);
  });

  it('finds nothing where there is nothing', () => {
    expect(told(two('workingDirectory: /a', 'workingDirectory: /b'))).toEqual([]);
  });

  it('has a case for every warning there is', () => {
    expect(new Set(CASES.map(([code]) => code))).toEqual(new Set(Object.keys(WARNINGS)));
  });
});
