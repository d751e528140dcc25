import { existsSync, openSync } from 'node:fs';
import { createFileWriter } from '../../../src/host/writer.ts';
import { FleetError } from '../../../src/model/error.ts';

// once PATH BYTES: one write. exhaust PATH: one write with no descriptor left. alternate PATH: two contents in turn.
const [mode = '', path = '', bytes = '0'] = process.argv.slice(2);
const writer = createFileWriter();

function alternate(): void {
  writer.write(path, 'a'.repeat(8192), 0o600);
  writer.write(path, 'b'.repeat(8192), 0o640);
  if (!existsSync(`${path}.enough`)) setImmediate(alternate);
}

function exhaust(): void {
  try {
    for (;;) openSync('/dev/null', 'r');
  } catch {
    writer.write(path, 'new', 0o600);
  }
}

try {
  if (mode === 'alternate') alternate();
  else if (mode === 'exhaust') exhaust();
  else writer.write(path, 'x'.repeat(Number(bytes)), 0o600);
} catch (error) {
  if (!(error instanceof FleetError)) throw error;
  process.stdout.write(JSON.stringify({ code: error.code, message: error.message }));
}
