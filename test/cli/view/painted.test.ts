import { describe, expect, it } from '@jest/globals';
import { painted } from '../../../src/cli/view/painted.ts';

/** Colours as words between brackets. */
const seen = (text: string): string =>
  painted(text).replaceAll(/\u001b\[(\d+)m/g, (_, code: string) => `<${NAMES[code] ?? code}>`);
const NAMES: Readonly<Record<string, string>> = { 0: '/', 1: 'bold', 31: 'red', 32: 'green', 33: 'yellow' };

describe('what a person looks for first', () => {
  it.each([
    ['+ coder  start: not running  fleet.yaml:3', '<green>+</> coder  start: not running  fleet.yaml:3'],
    ['    ~ unit.x  update', '<yellow>    ~</> unit.x  update'],
    ['± coder  restart: command changed', '<yellow>±</> coder  restart: command changed'],
    ['- old  delete: not in the manifest', '<red>-</> old  delete: not in the manifest'],
    ['! coder  blocked (foreign): no', '<red>!</> coder  blocked (foreign): no'],
    ['Plan: 1 agent to start', '<bold>Plan:</> 1 agent to start'],
    ['done     start session.coder', '<green>done</>     start session.coder'],
    ['FAILED   start session.coder: no', '<red>FAILED</>   start session.coder: no'],
    ['error: no such file', '<red>error:</> no such file'],
    ['warning: old', '<yellow>warning:</> old'],
    ['Ready: 2 agents as the manifest says', '<green>Ready:</> 2 agents as the manifest says'],
    ['Ready: False, not as the manifest says: boom', '<red>Ready: False</>, not as the manifest says: boom'],
    ['coder  running     119  3s', 'coder  <green>running</>     119  3s'],
    ['boom   crash-looping *  -  -', 'boom   <red>crash-looping</> *  -  -'],
    ['boom  starting', 'boom  <yellow>starting</>'],
    ['coder: delivered 3 bytes', 'coder: <green>delivered</> 3 bytes'],
    ['coder: Ready: running', 'coder: <green>Ready</>: running'],
    ['coder: Ready: False, it ended', 'coder: <red>Ready: False</>, it ended'],
    ['coder: CrashLoop: it is past', 'coder: <red>CrashLoop</>: it is past'],
    ['coder: Flapping: ended by itself', 'coder: <yellow>Flapping</>: ended by itself'],
    ['ManifestInvalid: no longer', '<green>ManifestInvalid</>: no longer'],
    ['coder: Ready: no longer', 'coder: Ready: no longer'],
    ['coder: CrashLoop: no longer', '<green>coder: CrashLoop</>: no longer'],
    ['coder: refused: dead', 'coder: <red>refused</>: dead'],
  ])('stands out in %j', (line, expected) => {
    expect(seen(`before\n${line}\n`)).toBe(`before\n${expected}\n`);
  });

  it.each([
    'coder failed a moment ago',
    '-- coder is stopped --',
    'The plan: nothing',
    'x running y',
    '  hint: error: none',
    '',
  ])('is nothing in %j', (line) => {
    expect(painted(line)).toBe(line);
  });
});
