/** A located complaint about a manifest. Lines and columns count from 1; columns count UTF-16 units. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly file: string;
  readonly line: number;
  readonly col: number;
  /** Length of the marked source on that line, at least 1. */
  readonly length: number;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}
