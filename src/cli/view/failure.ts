import type { FleetError } from '../../model/error.ts';
import type { JsonObject } from '../../model/resource.ts';
import { callError } from '../../host/io-error.ts';
import { ManifestError } from '../load-fleet.ts';
import { diagnosticsText, toJson } from './diagnostics.ts';
import { printable, printableText } from './printable.ts';

/** What went wrong and the next step, for people. */
export function failureText(error: FleetError): string {
  const lines = error.code === 'E_INTERNAL' ? printableText(error.message) : printable(error.message);
  const story = error instanceof ManifestError ? `${diagnosticsText(error.diagnostics, error.source)}\n` : '';
  return `${story}error: ${lines}\n  ${printable(error.hint)}`;
}

/** The disk behind stdout is full, or stdout is not for writing. */
export function unwrittenText(cause: Error): string {
  const hint = 'Make it writable, or send it elsewhere, and run the command again; what was done stays done.';
  return failureText(callError('the answer could not be written', cause, hint));
}

/** The same as JSON on stdout, with the code the process ends with: valid JSON whenever JSON was asked for. */
export const failureJson = (error: FleetError, exit: number): JsonObject => ({
  formatVersion: '1.0',
  error: { code: error.code, message: error.message, hint: error.hint, exit },
  diagnostics: error instanceof ManifestError ? error.diagnostics.map(toJson) : [],
});
