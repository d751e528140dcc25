import type { WritePort } from '../model/host.ts';

const MAX_BYTES = 4 * 1024 * 1024;

/** Keeps the text of a file that is about to be overwritten: one copy per name, mode 0600, the newest edit wins. */
export function keepBackup({ files, writer }: WritePort, path: string, directory: string, name: string): void {
  const text = files.read(path, MAX_BYTES);
  if (text === undefined) return;
  writer.makeDirectory(directory, 0o700);
  writer.write(`${directory}/${name.replaceAll('/', '-')}`, text, 0o600);
}

/** Where a fleet's backups lie. Nothing reads them but people. */
export const backupDirectory = (home: string, fleet: string): string => `${home}/state/${fleet}/backup`;
