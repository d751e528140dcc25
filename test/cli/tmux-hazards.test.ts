import { describe, expect, it } from '@jest/globals';
import { tmuxHazards } from '../../src/cli/tmux-hazards.ts';

describe('tmuxHazards', () => {
  it.each([
    ['2.9', false],
    ['3.2a', false],
    ['3.3', false],
    ['3.3a', true],
    ['3.4', true],
    ['3.5a', true],
    ['4.0', true],
    ['next-3.8', true],
    ['master', true],
    ['something', false],
  ])('%s is supported: %s (F46)', (version, supported) => {
    expect(tmuxHazards(version).supported).toBe(supported);
  });

  it('names the danger of a paste into a dead pane before 3.4 only', () => {
    expect(tmuxHazards('3.3a').hazards).toHaveLength(1);
    expect(tmuxHazards('3.4').hazards).toHaveLength(0);
  });
});
