import { formatDiagnostics } from '../../src/manifest/frame.ts';
import type { ParsedManifest } from '../../src/manifest/parse.ts';
import { parse } from './support.ts';

/** What is asked of every answer: a fleet or an error, in order, inside the text, and printable. */
export const brokenPromises = (source: string | Uint8Array): readonly string[] => brokenBy(parse(source));

/** The same of an answer that is there already. */
export function brokenBy({ fleet, diagnostics, text }: ParsedManifest): readonly string[] {
  const lines = text.split('\n');
  const isRefused = diagnostics.some(({ severity }) => severity === 'error');
  const misplaced = diagnostics.filter(({ line, col, length }, index) => {
    const before = diagnostics[index - 1] ?? { line: 1, col: 1 };
    const isInOrder = line > before.line || (line === before.line && col >= before.col);
    return !isInOrder || line > lines.length || col > (lines[line - 1] ?? '').length + 1 || length < 1;
  });
  const shown = formatDiagnostics(diagnostics, text);
  return [
    ...((fleet === undefined) === isRefused ? [] : ['neither a fleet nor an error, or both']),
    ...misplaced.map(({ line, col, length }) => `not at ${line}:${col}+${length}`),
    ...(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.test(shown) ? ['a control character is shown'] : []),
  ];
}
