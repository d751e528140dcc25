import type { Diagnostic } from '../../model/diagnostic.ts';
import type { JsonObject } from '../../model/resource.ts';
import { formatDiagnostics } from '../../manifest/frame.ts';
import { annotation } from './github.ts';
import { cappedPage, codeSpan, plain } from './markdown.ts';
import { printable } from './printable.ts';

interface Checked {
  readonly file: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** Each with a frame of the source and a hint; at most 20. */
export const diagnosticsText = (diagnostics: readonly Diagnostic[], text: string): string =>
  formatDiagnostics(diagnostics, text);

/** Annotations for GitHub Actions. */
export const diagnosticsGithub = (diagnostics: readonly Diagnostic[]): readonly string[] =>
  diagnostics.map(({ severity, file, line, col, code: title, message }) =>
    annotation(severity, { file, line, col, title }, message),
  );

/** A `file:line:col` line for each, for a log that knows no annotations. */
export const diagnosticsLines = (diagnostics: readonly Diagnostic[]): readonly string[] =>
  diagnostics.map(({ severity, file, line, col, code: name, message }) =>
    printable(`${file}:${line}:${col}: ${severity}: ${message} [${name}]`),
  );

/** A page of all files: a table for each, of which the first 60 kB are kept. */
export const diagnosticsMarkdown = (checked: readonly Checked[]): string =>
  cappedPage(
    ['## Manifests'],
    checked.map(({ file, diagnostics }) =>
      diagnostics.length === 0
        ? { head: [], lines: ['', `${codeSpan(file)}: valid`] }
        : {
            head: [
              '',
              `### ${codeSpan(file)}`,
              '',
              '| at | severity | code | message | hint |',
              '|---|---|---|---|---|',
            ],
            lines: diagnostics.map(row),
          },
    ),
    'All of it: `mosaic fleet validate`.',
  );

const row = ({ line, col, severity, code: name, message, hint = '' }: Diagnostic): string =>
  `| ${line}:${col} | ${severity} | ${codeSpan(name)} | ${plain(message)} | ${plain(hint)} |`;

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
