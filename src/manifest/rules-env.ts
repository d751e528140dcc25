import { error, sections, warning, type Finding, type RuleInput, type Section } from './rule.ts';
import { hasCredential, isSecretFlag, isSecretName, isSecretValue } from '../model/secret.ts';
import { show } from './show.ts';
import type { Path } from './tree.ts';

const OURS = /^(?:TMUX.*|MOSAIC_.*|DBUS_.*|XDG_RUNTIME_DIR|LD_PRELOAD)$/;

/** Variables that bash sets, keeps read-only or acts on, so that they would not arrive as written. */
const UNFIT = new RegExp(
  `^(?:BASH_.*|${[
    'UID EUID PPID SECONDS RANDOM LINENO GROUPS DIRSTACK FUNCNAME HISTCMD EPOCHSECONDS EPOCHREALTIME SRANDOM',
    'PIPESTATUS OPTIND BASHPID SHELLOPTS BASHOPTS _ SHLVL OLDPWD',
  ]
    .join(' ')
    .replaceAll(' ', '|')})$`,
);

/** Variables that mosaic itself sets, or that a shell cannot carry, are not the manifest's to set. */
export function* envNamesAreFree(input: RuleInput): Iterable<Finding> {
  for (const { path, fields } of sections(input)) {
    for (const name of Object.keys(fields.env ?? {})) {
      const reason = refusal(name);
      if (reason === undefined) continue;
      const problem = { code: 'E_ENV_NAME', message: `${show(name)} ${reason.message}`, hint: reason.hint };
      yield error(input.tree.keyAt([...path, 'env', name]), problem);
    }
  }
}

interface Reason {
  readonly message: string;
  readonly hint: string;
}

function refusal(name: string): Reason | undefined {
  if (name === 'PATH') {
    return { message: 'cannot be set in `env`', hint: 'Use `path: [directory, …]` of the agent or of agentDefaults.' };
  }
  if (OURS.test(name)) return { message: 'is set by mosaic or is not safe to set', hint: 'Remove it.' };
  if (UNFIT.test(name)) return { message: 'cannot be passed through a shell', hint: 'Choose another name.' };
  return undefined;
}

const SECRET_HINT = 'Put it into a file of mode 0600 and name that in `envFiles`.';

/** A manifest is read by many; what looks like a secret belongs into an env file. */
export function* secretsAreElsewhere(input: RuleInput): Iterable<Finding> {
  for (const section of sections(input)) {
    for (const { path, code } of [...secretVariables(section), ...secretWords(section)]) {
      const isVariable = path.at(-2) === 'env';
      const message = isVariable
        ? `the value of ${show(String(path.at(-1)))} looks like a secret`
        : 'this looks like a secret';
      const span = isVariable ? input.tree.keyAt(path) : input.tree.valueAt(path);
      yield warning(span, { code, message, hint: SECRET_HINT });
    }
  }
}

/** Something that looks like a secret, by its name or by its shape. */
interface Secret {
  readonly path: Path;
  readonly code: 'W_SECRET_NAME' | 'W_SECRET_SHAPE';
}

const secretVariables = ({ path, fields }: Section): readonly Secret[] =>
  Object.entries(fields.env ?? {})
    .filter(([name, value]) => isSecretValue(value) || (isSecretName(name) && !isHarmless(value)))
    .map(([name, value]) => ({ path: [...path, 'env', name], code: codeOf(value) }));

const codeOf = (text: string): Secret['code'] => (hasCredential(text) ? 'W_SECRET_SHAPE' : 'W_SECRET_NAME');

/** Paths, switches and small numbers are no secrets, whatever their variable is called. */
const isHarmless = (value: string): boolean => /^(?:|~?\/.*|true|false|on|off|yes|no|[0-9]{1,6})$/.test(value);

function secretWords({ path, fields }: Section): readonly Secret[] {
  const { shell = '' } = fields;
  const inShell = isSecretValue(shell) ? [{ path: [...path, 'shell'], code: codeOf(shell) }] : [];
  const inLists = (['command', 'resume'] as const).flatMap((field) => {
    const words = fields[field] ?? [];
    return secretPositions(words).map((at) => ({ path: [...path, field, at], code: codeOf(words[at] ?? '') }));
  });
  return [...inShell, ...inLists];
}

const secretPositions = (words: readonly string[]): readonly number[] =>
  words.flatMap((word, position) => {
    const hasValue = word.includes('=') ? !word.endsWith('=') : /^[^-]/.test(words[position + 1] ?? '');
    return isSecretValue(word) || (isSecretFlag(word) && hasValue) ? [position] : [];
  });
