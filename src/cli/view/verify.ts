import { counted } from '../../model/counted.ts';
import type { Fingerprint } from '../../model/fingerprint.ts';
import type { Plan } from '../../model/plan.ts';
import { groupTitle, textOf, type JsonObject } from '../../model/resource.ts';
import type { DefaultTmuxProof } from '../../reconciler/verify.ts';
import { plain } from './markdown.ts';
import { heldText, planText } from './plan-text.ts';
import { printable } from './printable.ts';

/** The answer of `verify` as scripts read it. */
export interface VerifyAnswer {
  readonly formatVersion: string;
  readonly verified: boolean;
  readonly plan: JsonObject;
  readonly defaultTmux: JsonObject;
}

export const proofJson = (proof: DefaultTmuxProof): JsonObject => ({
  ...proof,
  before: fingerprintJson(proof.before),
  after: fingerprintJson(proof.after),
});

const fingerprintJson = (fingerprint: Fingerprint): JsonObject => ({ ...fingerprint });

/** Both halves of the proof, and the verdict last. */
export function verifyText(input: {
  readonly verified: boolean;
  readonly proof: DefaultTmuxProof;
  readonly plan: Plan;
  readonly manifest: string;
}): string {
  const { verified, proof, plan, manifest } = input;
  return [
    planText(plan, { manifest, verbose: false }).trimEnd(),
    `Default tmux: ${proofLine(proof)}`,
    ...proof.because.map((line) => `  touched: ${printable(line)}`),
    ...proof.byUser.map((line) => `  by you: ${printable(line)}`),
    verified ? `Verified${heldText(plan.holds.length)}.` : `NOT verified. Next${nextStep(proof, plan)}`,
    '',
  ].join('\n');
}

/** Where nothing is to be done but by a person, no command of ours gets on. */
function nextStep({ untouched }: DefaultTmuxProof, { changes, blocked, deferred }: Plan): string {
  if (!untouched) return ': mosaic fleet verify --report FILE keeps the evidence';
  const hindered = blocked[0] ?? deferred[0];
  if (changes.length > 0 || hindered === undefined) return ': mosaic fleet plan -v';
  return printable(`, for ${groupTitle(hindered.group)}: ${hindered.hint}`);
}

function proofLine({ untouched, basis, before, after }: DefaultTmuxProof): string {
  const what =
    after.state === 'present'
      ? `server pid ${after.pid ?? 0}, ${counted(after.sessions.length, 'session')}`
      : 'no server';
  const since =
    basis === 'record' ? `${before.state} before the last command, ${after.state} now` : 'no record yet, as it is now';
  return `${untouched ? 'untouched' : 'TOUCHED'} (${what}; ${since})`;
}

/** By this a page of evidence is known. */
export const VERIFY_TITLE = '# Verify: fleet ';

/** The evidence as a page: what was compared, and with what outcome. */
export function verifyMarkdown(answer: VerifyAnswer, proof: DefaultTmuxProof): string {
  const row = (name: string, value: unknown): string => `| ${name} | ${String(value)} |`;
  const { plan } = answer;
  const rows = (['path', 'state', 'pid', 'startTime', 'inode'] as const).map(
    (key) => `| ${key} | ${plain(String(proof.before[key] ?? '-'))} | ${plain(String(proof.after[key] ?? '-'))} |`,
  );
  return [
    `${VERIFY_TITLE}${textOf(plan['fleet'])}`,
    '',
    '| check | result |',
    '|---|---|',
    row('verified', answer.verified),
    row('plan is empty', plan['empty']),
    row('default tmux untouched', proof.untouched),
    row('basis', proof.basis),
    '',
    '| default tmux server | before | now |',
    '|---|---|---|',
    ...rows,
    '',
    ...proof.byUser.map((line) => `- by the user: ${plain(line)}`),
    ...proof.because.map((line) => `- touched: ${plain(line)}`),
    '',
  ].join('\n');
}
