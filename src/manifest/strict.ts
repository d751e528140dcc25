import type { Diagnostic } from '../model/diagnostic.ts';
import { isWarningCode, WARNINGS, type WarningCode } from './warnings.ts';

/** A review that lets nothing pass but what it allows by name. */
export interface Strictness {
  readonly strict: true;
  /** These count as they do without `strict`. */
  readonly allow?: readonly WarningCode[];
}

/** The same complaints as a strict review counts them: warnings are errors, and say how they could be allowed. */
export const strictly = (diagnostics: readonly Diagnostic[], { allow = [] }: Strictness): readonly Diagnostic[] =>
  diagnostics.flatMap((diagnostic): readonly Diagnostic[] => {
    const { severity, code, hint } = diagnostic;
    if (severity === 'error' || !isWarningCode(code)) return [diagnostic];
    if (allow.includes(code)) return WARNINGS[code].strictOnly ? [] : [diagnostic];
    return [{ ...diagnostic, severity: 'error', hint: orAllow(hint, code) }];
  });

/** A hint that ends with a command is no sentence. */
function orAllow(hint: string | undefined, code: WarningCode): string {
  if (hint === undefined) return `If it is meant: --allow ${code}`;
  return hint.endsWith('.') ? `${hint} If it is meant: --allow ${code}` : `${hint}; if it is meant: --allow ${code}`;
}
