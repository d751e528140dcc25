// Errors, warnings and exit codes, from their tables.
import { stop } from '../bootstrap.mjs';
import { code, page, table } from './pages.mjs';

const EXIT_CODES = {
  0: 'Done, in sync, or the look succeeded.',
  1: 'An error of the machine or of mosaic itself; `doctor` found something bad.',
  2: '`plan --detailed-exitcode`: there is something to do. `verify`: not verified.',
  3: 'Something is left, and the answer says what and why: a step failed, was blocked, or waits.',
  4: 'Refused; nothing was done. `agent send`: nothing was typed.',
  5: 'Another mosaic holds the lock; the message names its pid and command.',
  6: '`agent send`: the message may have arrived, but nothing proves it.',
  7: 'A time limit passed.',
  64: 'The command line is wrong.',
  65: 'The manifest, a snapshot or a saved plan is missing or not valid.',
  69: 'tmux or the systemd user manager is not available.',
  129: 'Ended by SIGHUP, before the next step; the next apply does the rest.',
  130: 'Ended by SIGINT (Ctrl-C), before the next step; the next apply does the rest.',
  141: 'The reader of the output went away (SIGPIPE).',
  143: 'Ended by SIGTERM, before the next step; the next apply does the rest.',
};

export function errorsPage(errors) {
  const rows = Object.entries(errors).map(([name, { exit, retryable, hint }]) => [
    code(name),
    exit,
    retryable ? 'yes' : '',
    hint,
  ]);
  const intro =
    'Every failure has a code, one exit code and a next step. With `-o json` they are in `error.code`, `error.exit` and `error.hint`; the hint of one case can be more exact than the one here.';
  return page('Errors', intro, table(['code', 'exit', 'a retry can help', 'usual hint'], rows));
}

export function warningsPage(warnings) {
  const rows = Object.entries(warnings).map(([name, { strictOnly, meaning }]) => [
    code(name),
    strictOnly ? '' : 'yes',
    meaning,
  ]);
  const intro = [
    'What `mosaic fleet validate` finds in a manifest that could be applied all the same. Under `--strict` each of them makes it',
    'end with 65, but for those that are named by `--allow CODE`: they count as they do without `--strict`.',
  ].join('\n');
  return page('Warnings', intro, table(['code', 'told without `--strict`', 'means'], rows));
}

export function exitCodesPage(errors) {
  const nameless = Object.values(errors).find(({ exit }) => EXIT_CODES[exit] === undefined);
  if (nameless) stop(`scripts/reference.mjs does not say what exit code ${nameless.exit} means`);
  const rows = Object.entries(EXIT_CODES).map(([exit, meaning]) => {
    const names = Object.entries(errors).filter((entry) => entry[1].exit === Number(exit));
    return [exit, meaning, names.map(([name]) => code(name)).join(', ')];
  });
  return page('Exit codes', 'They are the same for every command.', table(['exit code', 'means', 'errors'], rows));
}
