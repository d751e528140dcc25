import { describe, expect, it } from '@jest/globals';
import type { Verdict } from '../../../src/agent/receipt.ts';
import { exitOf, sendJson, sendText, type SendResult } from '../../../src/cli/view/send.ts';
import { outputValidator } from '../../docs/output-schemas.ts';

const DELIVERED: Verdict = { receipt: 'delivered', source: 'input-read' };
const refused = (reason: 'stopped' | 'timeout' | 'missing'): Verdict => ({ receipt: 'refused', reason });
const UNVERIFIED: Verdict = { receipt: 'unverified', reason: 'not-read' };

const result = (
  agent: string,
  verdict: Verdict,
  more: Partial<Pick<SendResult, 'wait' | 'line' | 'status' | 'desired'>> = {},
): SendResult => ({
  agent,
  verdict,
  afterMs: 12.4,
  bytes: 5,
  text: 'hello',
  from: 'person',
  message: { text: 'hello', normalized: ['final-newline-dropped'] },
  wait: more.wait,
  status: more.status,
  desired: more.desired ?? 'running',
  ...(more.line === undefined ? {} : { line: more.line }),
});

describe('the exit code of a send', () => {
  it.each<[string, readonly SendResult[], number]>([
    ['all delivered', [result('a', DELIVERED), result('b', DELIVERED)], 0],
    ['all idle again', [result('a', DELIVERED, { wait: 'idle' })], 0],
    ['one delivered, one not', [result('a', DELIVERED), result('b', refused('stopped'))], 3],
    ['one refused, one unverified', [result('a', UNVERIFIED), result('b', refused('stopped'))], 3],
    ['all refused', [result('a', refused('stopped')), result('b', refused('timeout'))], 4],
    ['all unverified', [result('a', UNVERIFIED)], 6],
    ['all out of time', [result('a', refused('timeout'))], 7],
    ['one still busy', [result('a', DELIVERED, { wait: 'idle' }), result('b', DELIVERED, { wait: 'timeout' })], 7],
    ['of one nobody knows at the end', [result('a', DELIVERED, { wait: 'unknown' })], 7],
    ['one asks', [result('a', DELIVERED, { wait: 'question' }), result('b', DELIVERED, { wait: 'timeout' })], 3],
    ['one ended', [result('a', DELIVERED, { wait: 'ended' })], 3],
    ['nobody to send to', [], 0],
  ])('%s', (_what, results, exit) => {
    expect(exitOf(results)).toBe(exit);
  });
});

describe('the receipts', () => {
  it('are told one by one, with the next step', () => {
    const text = sendText([
      result('a', DELIVERED, { wait: 'question' }),
      result('b', refused('stopped')),
      result('c', { receipt: 'refused', reason: 'line-too-long' }, { line: 3 }),
      result('d', refused('stopped'), { desired: 'stopped' }),
    ]);
    expect(text).toBe(
      [
        'a: delivered (input-read, 12 ms); needs you: a dialog is on its screen; mosaic agent attach a',
        'b: refused: stopped: it is stopped; mosaic fleet start b',
        'c: refused: line-too-long (line 3): its terminal edits lines itself and would cut what is longer than 4095 bytes',
        'd: refused: stopped: the manifest says that it is stopped; set `state: running` for it, then mosaic fleet apply d',
        '(the final newline was not sent)',
      ].join('\n'),
    );
  });

  it('say what an agent is that nothing could be typed to', () => {
    const status = { state: 'crash-looping', lastExit: { code: 3, asked: false } } as const;
    const killed = { state: 'failed', lastExit: { signal: 'SIGKILL', asked: false } } as const;
    const results = [
      result('a', refused('missing'), { status }),
      result('b', refused('missing'), { status: killed }),
      result('c', refused('missing'), { status: { state: 'missing', lastExit: undefined } }),
    ];
    expect(sendText(results).split('\n').slice(0, 3)).toEqual([
      'a: refused: missing: it is crash-looping (last ended with exit code 3); mosaic agent status a',
      'b: refused: missing: it is failed (last ended by SIGKILL); mosaic agent status b',
      'c: refused: missing: it was never started; mosaic fleet apply c',
    ]);
    expect(sendJson(results)).toMatchObject({ results: [{ reason: 'missing', state: 'crash-looping' }, {}, {}] });
    expect(outputValidator('send', { strict: true })(sendJson(results))).toBe(true);
  });

  it('of many are counted, and only what went wrong is told', () => {
    const many = Array.from({ length: 11 }, (_, at) => result(`w-${at}`, DELIVERED));
    expect(sendText([...many, result('x', UNVERIFIED)])).toMatch(/^delivered to 11 agents\nx: unverified: not-read: /);
  });

  it('fit their schema', () => {
    const json = sendJson([
      result('a', DELIVERED, { wait: 'idle' }),
      result('b', UNVERIFIED),
      result('c', { receipt: 'refused', reason: 'line-too-long' }, { line: 3 }),
    ]);
    const validate = outputValidator('send', { strict: true });
    validate(json);
    expect(validate.errors ?? []).toEqual([]);
    expect(json['results']).toMatchObject([
      { evidence: { source: 'input-read', afterMs: 12 }, wait: 'idle' },
      {},
      { line: 3 },
    ]);
  });
});
