import type { Diagnostic } from '../../model/diagnostic.ts';
import type { JsonObject } from '../../model/resource.ts';
import { formatDiagnostics } from '../../manifest/frame.ts';

interface Checked {
  readonly file: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** Each with a frame of the source and a hint; at most 20. */
export const diagnosticsText = (diagnostics: readonly Diagnostic[], text: string): string =>
  formatDiagnostics(diagnostics, text);

/** Annotations for GitHub Actions (workflow commands). */
export const diagnosticsGithub = (diagnostics: readonly Diagnostic[]): readonly string[] =>
  diagnostics.map(
    ({ severity, file, line, col, code, message }) =>
      `::${severity} file=${property(file)},line=${line},col=${col},title=${code}::${message.replaceAll('%', '%25').replaceAll('\n', '%0A')}`,
  );

const property = (text: string): string => text.replaceAll('%', '%25').replaceAll(':', '%3A').replaceAll(',', '%2C');

export function diagnosticsMarkdown({ file, diagnostics }: Checked): string {
  if (diagnostics.length === 0) return `\`${file}\`: valid`;
  const rows = diagnostics.map(
    ({ line, col, severity, message, hint }) =>
      `| ${line}:${col} | ${severity} | ${cell(message)} | ${cell(hint ?? '')} |`,
  );
  return [`### \`${file}\``, '', '| at | severity | message | hint |', '|---|---|---|---|', ...rows, ''].join('\n');
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

export const diagnosticsJson = (checked: readonly Checked[], valid: boolean): JsonObject => ({
  formatVersion: '1.0',
  valid,
  files: checked.map(({ file }) => file),
  diagnostics: checked.flatMap(({ diagnostics }) => diagnostics.map(toJson)),
});

/** One diagnostic as it stands in JSON answers and failures. */
export const toJson = ({ file, line, col, code, message, hint, severity }: Diagnostic): JsonObject => ({
  file,
  line,
  col,
  code,
  severity,
  message,
  ...(hint === undefined ? {} : { hint }),
});
