import { describe, expect, it } from '@jest/globals';
import { verifyText } from '../../../src/cli/view/verify.ts';
import { proveDefaultTmux } from '../../../src/reconciler/verify.ts';
import { buildPlan } from '../../../src/reconciler/plan.ts';
import { fleetWith } from '../../support/fleet.ts';
import { worldOf, type Overlay } from '../../support/observed.ts';

const OLDER = { spec: { spec: 'v1:older' } };
const proof = proveDefaultTmux(undefined, { state: 'absent', path: '/tmp/x', sessions: [], marked: [] }, []);
const fleet = fleetWith({ coder: '{ command: [codex] }', other: '{ command: [claude] }' });
const lastLine = (world: Overlay): string | undefined =>
  verifyText({ verified: false, proof, plan: buildPlan(worldOf(fleet, world)), manifest: 'fleet.yaml' })
    .trimEnd()
    .split('\n')
    .at(-1);

describe('what verify says to do next', () => {
  it('is the plan while there is something to apply, and else what only a person can do', () => {
    const busy: Overlay = { activity: { coder: 'busy' }, items: { 'session.coder': OLDER } };
    expect(lastLine({ items: { 'session.coder': OLDER } })).toBe('NOT verified. Next: mosaic fleet plan -v');
    expect(lastLine(busy)).toMatch(/^NOT verified\. Next, for coder: .*--now/);
    expect(lastLine({ items: { 'session.coder': { owner: 'foreign' } } })).toMatch(
      /^NOT verified\. Next, for coder: (?!mosaic fleet)/,
    );
  });
});
