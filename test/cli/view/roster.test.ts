import { describe, expect, test } from '@jest/globals';
import { rosterJson, rosterText } from '../../../src/cli/view/roster.ts';

const row = {
  name: 'coder',
  description: 'writes\u001b[2J',
  labels: { team: 'a', role: 'coder' },
  adapter: 'codex',
} as const;
const declared = {
  ...row,
  name: row.name as never,
  command: ['codex', '--api-key', 'abc'],
  desired: 'running',
} as const;

describe('the roster', () => {
  test('shows labels sorted, and nothing that steers a terminal', () => {
    expect(rosterText([declared])).toBe(
      'AGENT  WANTED   LABELS             COMMAND                   DESCRIPTION\n' +
        'coder  running  role=coder,team=a  codex --api-key (hidden)  writes\\u{1b}[2J\n',
    );
  });

  test('shows a command as it would be typed', () => {
    const shown = rosterText([{ ...declared, command: ['sh', '-c', 'sleep 1; exit 3'] }]);
    expect(shown).toContain("sh -c 'sleep 1; exit 3'");
  });

  test('hides secrets of an argv in JSON too', () => {
    expect(rosterJson([declared])).toMatchObject({
      agents: [{ name: 'coder', command: ['codex', '--api-key', '(hidden)'] }],
    });
  });
});
