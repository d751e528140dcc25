import type { Report } from './report.ts';
import { error, warning, type Finding, type Rule, type RuleInput } from './rule.ts';
import {
  argvFits,
  durationsAreInRange,
  hasOneProgram,
  limitsNeedSystemd,
  namesItsProgram,
  restartsFitTheirWindow,
} from './rules-agent.ts';
import { envNamesAreFree, secretsAreElsewhere } from './rules-env.ts';
import {
  directoriesAreShared,
  hasAgents,
  namesAreFree,
  patternsSaySomething,
  socketIsNotDefault,
  socketPathFits,
} from './rules-fleet.ts';
import { directoryOfAllIsChosen, homeIsNotShared, limitsAreSet, noShellLines } from './rules-strict.ts';
import { show } from './show.ts';

/** Every law of the manifest that the schema cannot say. */
const rules: readonly Rule[] = [
  numbersArePlain,
  textsAreWhole,
  hasAgents,
  namesAreFree,
  socketIsNotDefault,
  socketPathFits,
  patternsSaySomething,
  hasOneProgram,
  namesItsProgram,
  argvFits,
  durationsAreInRange,
  restartsFitTheirWindow,
  limitsNeedSystemd,
  envNamesAreFree,
  secretsAreElsewhere,
  directoriesAreShared,
];

/** What a team may want on top; only warnings. */
const strictRules: readonly Rule[] = [limitsAreSet, noShellLines, homeIsNotShared, directoryOfAllIsChosen];

/** Holds a manifest against every rule; against those of a strict review too, where that is asked for. */
export function checkRules(input: RuleInput, report: Report, { strict }: { readonly strict: boolean }): void {
  for (const rule of strict ? [...rules, ...strictRules] : rules) {
    for (const { severity, span, problem } of rule(input)) report[severity](span, problem);
  }
}

/** A number means what it looks like: no octal look-alikes, no lost digits, no infinity. */
function* numbersArePlain({ tree }: RuleInput): Iterable<Finding> {
  for (const { span, source } of tree.oddNumbers) {
    const message = `the number ${show(source)} would not be read the way it is written`;
    const hint = 'Write a plain decimal number; text that looks like a number needs quotes.';
    yield error(span, { code: 'E_NUMBER', message, hint });
  }
}

/** A `#` after a space begins a comment, also where a text was meant to go on. */
function* textsAreWhole({ tree }: RuleInput): Iterable<Finding> {
  for (const span of tree.cutTexts) {
    const message = 'the text ends before ` #`, where a comment begins';
    const hint = 'Put the whole text in quotes, or write `# ` if a comment is meant.';
    yield warning(span, { code: 'W_COMMENT', message, hint });
  }
}
