import { resolve } from 'node:path';
import { isObject } from '../../../model/is-object.ts';
import { isEmpty } from '../../../model/plan.ts';
import { systemClock } from '../../../host/clock.ts';
import { readJournal } from '../../../host/journal.ts';
import { FINGERPRINT_FORMAT } from '../../../providers/tmux/fingerprint.ts';
import { APPLY } from '../../../reconciler/policy.ts';
import { look } from '../../../reconciler/pass.ts';
import { proveDefaultTmux, type DefaultTmuxProof, type FingerprintRecord } from '../../../reconciler/verify.ts';
import { refuseBlind } from '../../blind.ts';
import { openEngine, openPlace, type Place } from '../../context.ts';
import { flappingConditions } from '../../flapping.ts';
import { loadFleet } from '../../load-fleet.ts';
import { refuseOther } from '../../document.ts';
import { fingerprint } from '../../mutate.ts';
import { createOutput, type CommonOptions } from '../../options.ts';
import { withoutPids } from '../../ports.ts';
import { fileWriter } from '../../write-port.ts';
import { planJson } from '../../view/plan-json.ts';
import { proofJson, VERIFY_TITLE, verifyMarkdown, verifyText, type VerifyAnswer } from '../../view/verify.ts';

export interface VerifyOptions extends CommonOptions {
  readonly report?: string;
}

/** Proves that the plan is empty and that the user's own default tmux was not touched. 0, or 2 when one is not so. */
export async function run(options: VerifyOptions): Promise<number> {
  const output = createOutput(options);
  const report = options.report === undefined ? undefined : reportPaths(options.report);
  if (report !== undefined) refuseOthers(report);
  const place = await openPlace(options);
  const { fleet, file } = await loadFleet({ ...options, fresh: true }, place);
  const engine = { ...openEngine(place), read: withoutPids(place.read) };
  const [seen, now] = await Promise.all([look(engine, fleet, APPLY), fingerprint(place, engine, fleet)]);
  refuseBlind(seen);
  const record = readRecord(place, fleet.name);
  const proof = proveDefaultTmux(record, now, strayCalls(place, fleet.name, now.path));
  const verified = isEmpty(seen.plan) && proof.untouched;
  // Told beside the proof, which is about the manifest and the default server.
  const flapping = flappingConditions(place, seen, systemClock.nowMs());
  const plan = { ...seen.plan, conditions: [...seen.plan.conditions, ...flapping] };
  const answer: VerifyAnswer = {
    formatVersion: '1.0',
    verified,
    plan: planJson(plan),
    defaultTmux: proofJson(proof),
  };
  output.text(verifyText({ verified, proof, plan, manifest: file }));
  output.data(answer);
  if (report !== undefined) output.note(writeReport(report, answer, proof));
  return verified ? 0 : 2;
}

function readRecord(place: Place, fleet: string): FingerprintRecord | undefined {
  const text = place.read.files.read(`${place.home}/state/${fleet}/default-tmux.json`);
  if (text === undefined) return undefined;
  try {
    const record: unknown = JSON.parse(text);
    return isRecord(record) ? record : undefined;
  } catch {
    // A torn record is no record: the proof then rests on what is there now, and says so.
    return undefined;
  }
}

const isRecord = (value: unknown): value is FingerprintRecord =>
  isObject(value) &&
  typeof value['command'] === 'string' &&
  isFingerprint(value['before']) &&
  isFingerprint(value['after']);

const isFingerprint = (value: unknown): boolean =>
  isObject(value) &&
  typeof value['state'] === 'string' &&
  Array.isArray(value['sessions']) &&
  Array.isArray(value['marked']);

const LOG_BYTES = 16 * 1024 * 1024;

/** Calls in our own log that went to the default server and are not the fingerprint, or that named no socket at all. */
function strayCalls(place: Place, fleet: string, defaultPath: string): readonly string[] {
  const records = readJournal(`${place.home}/state/${fleet}/exec.log`, LOG_BYTES);
  return records.flatMap(({ argv }) => {
    const words = Array.isArray(argv) ? argv.map(String) : [];
    if (!(words[0] ?? '').endsWith('/tmux')) return [];
    const socket = words[words.indexOf('-S') + 1];
    const isStray = !words.includes('-S') || (socket === defaultPath && !words.includes(FINGERPRINT_FORMAT));
    return isStray ? [words.slice(0, 8).join(' ')] : [];
  });
}

interface ReportPaths {
  readonly json: string;
  readonly page: string;
}

function reportPaths(file: string): ReportPaths {
  const base = resolve(file).replace(/\.(json|md)$/, '');
  return { json: `${base}.json`, page: `${base}.md` };
}

/** Before anything is looked at: of two files that were meant for the evidence neither is written then. */
function refuseOthers({ json, page }: ReportPaths): void {
  refuseOther(json, '"verified": ', 'a report of verify');
  refuseOther(page, VERIFY_TITLE, 'a report of verify');
}

/** Says what it wrote: FILE gives the name of neither. */
function writeReport({ json, page }: ReportPaths, answer: VerifyAnswer, proof: DefaultTmuxProof): string {
  const writer = fileWriter();
  writer.write(json, `${JSON.stringify(answer, undefined, 2)}\n`, 0o600);
  writer.write(page, verifyMarkdown(answer, proof), 0o600);
  return `evidence: ${json} and ${page}`;
}
