import { expect, test } from '@jest/globals';
import { planDiff } from '../../../src/cli/view/plan-diff.ts';
import type { Look } from '../../../src/reconciler/pass.ts';
import { MemoryFiles } from '../../support/memory-files.ts';

test('a diff hides the secret somebody put into a unit by hand, and what would steer a terminal', async () => {
  const files = new MemoryFiles(1000, () => 1);
  files.plant('/units/mosaic-canary.target', {
    content: '[Unit]\nEnvironment=API_TOKEN=abcdef123\nDescription=\u001b[2J\tx\n',
  });
  const body = { kind: 'text', text: '[Unit]\n', mode: 0o644 };
  const change = { address: 'unit.mosaic-canary.target', desired: { body } };
  const look = {
    fleet: { name: 'canary' },
    observed: { host: { home: '/home' }, facts: { unitDirectory: '/units' } },
    plan: { changes: [change] },
  };
  const text = await planDiff(look as unknown as Look, files);
  expect(text.split('\n')[0]).toBe('--- /units/mosaic-canary.target');
  expect(text).toContain('-Environment=API_TOKEN=*********');
  // A tab is part of the line: with it alone is this a patch.
  expect(text).toContain('-Description=\\u{1b}[2J\tx');
  expect(text).not.toContain('abcdef123');
});
