import { describe, expect, it } from '@jest/globals';
import { planGithub, planLines, planMarkdown } from '../../../src/cli/view/plan-review.ts';
import { codeSpan, plain } from '../../../src/cli/view/markdown.ts';
import type { Change, Plan } from '../../../src/model/plan.ts';
import { changeOf, NOTHING } from '../../support/plans.ts';

const change = (name: string, more: Partial<Change> = {}): Change =>
  changeOf(name, { because: 'it does not run', line: 7, ...more });
const plan = (changes: readonly Change[], more: Partial<Plan> = {}): Plan => ({ ...NOTHING, changes, ...more });

describe('a plan as a page', () => {
  it('shows first what is hardest, then which agents start, and folds the rest away', () => {
    const page = planMarkdown(
      plan([
        change('f', { group: 'fleet', address: 'server.s' }),
        change('f', { address: 'unit.f', action: 'create' }),
        change('a'),
        change('b', { action: 'restart', disruption: 'restart' }),
        change('c', { address: 'launch.c', action: 'delete' }),
        change('d', { action: 'delete', disruption: 'kill' }),
        change('e', { action: 'replace', disruption: 'fleet' }),
      ]),
    );
    const rows = [...page.matchAll(/^\| agent\.(\w)/gm)].map(([, name]) => name);
    expect(rows).toEqual(['e', 'd', 'b', 'c', 'a', 'f']);
    const places = ['| agent.c', '### Starts', '| agent.a', '| fleet | start', '<details>', '| agent.f'];
    const found = places.map((text) => page.indexOf(text));
    expect(found).toEqual(found.toSorted((a, b) => a - b));
    expect(found[0]).toBeGreaterThan(0);
    expect(page.match(/<details>/g)).toHaveLength(page.match(/<\/details>/g)?.length ?? 0);
  });

  it('has no env value, be it a secret or not', () => {
    const patch = [
      { op: 'replace', path: '/env/RUST_LOG', value: 'quiet-value' },
      { op: 'add', path: '/env', value: { X: 'quiet-value' } },
      { op: 'replace', path: '/command/1', value: 'loud-value' },
    ] as const;
    const page = planMarkdown(plan([change('a', { patch })]));
    expect(page).toContain('`/env/RUST_LOG` `(hidden)`');
    expect(page).not.toContain('quiet-value');
    expect(page).toContain('loud-value');
  });

  it('has at most 60 kB, keeps what is hardest and says how much was left out', () => {
    const because = 'ü'.repeat(100);
    const many = Array.from({ length: 2000 }, (_, at) => change(`a${at}`, { address: `launch.a${at}`, because }));
    const page = planMarkdown(plan([...many, change('last', { action: 'delete', disruption: 'kill' })]));
    expect(Buffer.byteLength(page)).toBeLessThanOrEqual(60_000);
    expect(Buffer.byteLength(page)).toBeGreaterThan(59_000);
    expect(page).toContain('| agent.last |');
    const shown = page.match(/^\| agent\.a\d+/gm)?.length ?? 0;
    expect(page).toContain(`\n${2000 - shown} more lines were left out: this page has at most 60 kB.`);
    expect(page).toContain('</details>');
  });

  it('keeps to 60 kB where one line alone is longer', () => {
    const page = planMarkdown(plan([change('a', { because: 'x'.repeat(100_000) }), change('b')]));
    expect(Buffer.byteLength(page)).toBeLessThanOrEqual(60_000);
    expect(page).toMatch(/\d more lines were left out/);
  });

  it('takes text of others for nothing but text', () => {
    expect(plain('</details> [x](y) `z` | @all')).toBe('\\</details\\> \\[x\\](y) \\`z\\` \\| @&#8203;all');
    expect(codeSpan('a`b|c')).toBe('``a`b\\|c``');
    const because = '| x | </details>\n## Heading';
    const page = planMarkdown(plan([change('a', { because }), change('b', { address: 'launch.b', because })]));
    expect(page).not.toMatch(/^## Heading/m);
    expect(page.match(/<\/details>/g)).toHaveLength(page.match(/<details>/g)?.length ?? 0);
  });
});

describe('a plan beside the manifest', () => {
  it('says one thing of an agent, however many of its things change', () => {
    const gone = { action: 'delete', because: 'not in the manifest' } as const;
    const changes = [change('a', { address: 'launch.a', ...gone }), change('a', { ...gone, disruption: 'kill' })];
    expect(planLines(plan(changes.map(({ line: _line, ...rest }) => rest)), 'fleet.yaml')).toEqual([
      'fleet.yaml:1:1: warning: delete agent.a: not in the manifest',
    ]);
  });

  const mixed = plan([change('a'), change('b', { action: 'restart', disruption: 'restart', line: 9 })], {
    blocked: [{ group: 'agent.c', reason: 'foreign', message: 'a session stands there', hint: 'Move it.', line: 5 }],
  });

  it('is an annotation for each process that is touched, louder where one ends', () => {
    expect(planGithub(mixed, 'manifests/fleet.yaml').split('\n')).toEqual([
      '::error file=manifests/fleet.yaml,line=5::agent.c: a session stands there',
      '::notice file=manifests/fleet.yaml,line=7::start agent.a: it does not run',
      '::warning file=manifests/fleet.yaml,line=9::restart agent.b: it does not run',
      '::notice::Plan: 1 agent to start (2 changes), 1 to restart, 1 blocked, 0 to delete.',
    ]);
  });

  it('is a plain line for each where no annotations are shown', () => {
    expect(planLines(mixed, 'fleet.yaml')).toEqual([
      'fleet.yaml:5:1: error: agent.c: a session stands there',
      'fleet.yaml:7:1: notice: start agent.a: it does not run',
      'fleet.yaml:9:1: warning: restart agent.b: it does not run',
    ]);
  });
});
