import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { CommanderError, type Command } from 'commander';
import { parse } from 'yaml';
import { createProgram } from '../../src/cli/program.ts';
import { splitWords } from '../../src/cli/words.ts';
import { parseFleet } from '../../src/manifest/parse.ts';
import { anchors, blocks, commandLines, links, pages } from './documents.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** What the command tree says against a command line; undefined when it would run it. */
async function refusal(line: string): Promise<string | undefined> {
  const words = splitWords(line);
  if ('problem' in words) return words.problem;
  const { command } = createProgram('');
  disarm(command);
  try {
    await command.parseAsync(words.words.slice(1), { from: 'user' });
    return undefined;
  } catch (error) {
    return isHelp(error) ? undefined : String(error);
  }
}

/** The tree as it is, but no command does anything and none ends the process. */
function disarm(command: Command): void {
  command.exitOverride().configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
  if (command.commands.length === 0) command.action(() => undefined);
  for (const child of command.commands) disarm(child);
}

const isHelp = (error: unknown): boolean =>
  error instanceof CommanderError && ['commander.helpDisplayed', 'commander.version'].includes(error.code);

describe('the documentation', () => {
  const all = pages();

  it.each(all.flatMap((page) => commandLines(page).map((line) => [page.path, line])))(
    '%s: the program takes `%s`',
    async (_path, line) => {
      expect(await refusal(line)).toBeUndefined();
    },
  );

  it('is read by this test: a command that does not exist is refused', async () => {
    expect(commandLines({ path: 'x.md', text: '```sh\nmosaic fleet aply\n```\n' })).toEqual(['mosaic fleet aply']);
    expect(await refusal('mosaic fleet aply')).toMatch(/unknown command/);
    expect(await refusal('mosaic fleet plan --no-such')).toMatch(/unknown option/);
  });

  it('links to files and headings that are there', () => {
    const broken = all.flatMap((page) =>
      links(page)
        .filter(({ path, heading }) => {
          const file = join(ROOT, path);
          if (!existsSync(file)) return true;
          return heading !== '' && !anchors(readFileSync(file, 'utf8')).includes(heading);
        })
        .map(({ path, heading }) => `${page.path} -> ${path}#${heading}`),
    );
    expect(broken).toEqual([]);
  });

  it('shows manifests without a mistake, and other YAML that can be read', () => {
    const wrong = all
      .flatMap(blocks)
      .filter(({ language }) => language === 'yaml')
      .flatMap(({ page, line, text }) => {
        if (!text.includes('apiVersion: mosaic/')) return parse(text) === null ? [`${page}:${line} is empty`] : [];
        return parseFleet(text, `${page}:${line}`).diagnostics.map(({ file, message }) => `${file} ${message}`);
      });
    expect(wrong).toEqual([]);
  });
});
