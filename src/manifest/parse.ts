import type { Diagnostic } from '../model/diagnostic.ts';
import type { Fleet } from '../model/fleet.ts';
import { checkSchema } from './check-schema.ts';
import { decode } from './decode.ts';
import { toFleet } from './defaults.ts';
import { createReport, lineOf, lineStarts, type Report } from './report.ts';
import { checkRules } from './rules.ts';
import { soundManifest } from './sound.ts';
import { strictly, type Strictness } from './strict.ts';
import { readTree, type Tree } from './tree.ts';
import { parseYaml } from './yaml.ts';

/** What came of a manifest's text. */
export interface ParsedManifest {
  /** Undefined exactly when a diagnostic is an error. */
  readonly fleet: Fleet | undefined;
  /** Sorted by position; warnings included. */
  readonly diagnostics: readonly Diagnostic[];
  /** The text the positions count in: decoded, without a byte order mark; empty when it could not be decoded. */
  readonly text: string;
}

/**
 * Reads a manifest. Never throws; every mistake is a diagnostic of `file`. Bounded in time and memory for any input. A
 * strict review has more to say, and counts as a mistake what otherwise only deserves a look.
 */
export function parseFleet(source: string | Uint8Array, file: string, review?: Strictness): ParsedManifest {
  const { text, problems } = decode(source);
  const report = createReport(text, file);
  for (const { span, ...problem } of problems) report.error(span, problem);
  const fleet = report.failed() ? undefined : readFleet(text, report, { strict: review !== undefined });
  const found = report.diagnostics();
  if (review === undefined) return { fleet, diagnostics: found, text };
  const diagnostics = strictly(found, review);
  const isUsable = diagnostics.every(({ severity }) => severity !== 'error');
  return { fleet: isUsable ? fleet : undefined, diagnostics, text };
}

function readFleet(text: string, report: Report, options: { readonly strict: boolean }): Fleet | undefined {
  const document = parseYaml(text, report);
  if (document === undefined) return undefined;
  report.nextStage();
  const tree = readTree(document.contents, text, report);
  if (tree.value === null) return refuseEmpty(report);
  report.nextStage();
  const refused = checkSchema(tree, text, report);
  report.nextStage();
  const manifest = soundManifest(tree.value, refused);
  checkRules({ ...manifest, tree }, report, options);
  return report.failed() ? undefined : toFleet(manifest, agentLines(tree, text));
}

function refuseEmpty(report: Report): undefined {
  const hint = 'Write one with `mosaic fleet init`; a fleet without agents has `agents: {}`.';
  report.error({ start: 0, end: 1 }, { code: 'E_EMPTY', message: 'the manifest is empty', hint });
}

function agentLines(tree: Tree, text: string): (agent: string) => number {
  const starts = lineStarts(text);
  return (agent) => lineOf(starts, tree.keyAt(['spec', 'agents', agent]).start);
}
