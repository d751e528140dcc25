import type { RootCommand } from '@bomb.sh/tab';
import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';
import { isFile } from './named-file.ts';
import type { CommonOptions } from './options.ts';

/** The ones that the guide and the help promise; the library knows more. */
const SHELLS = ['bash', 'zsh', 'fish'];

/** Arguments that are agents, or may be. */
const AGENTS = new Set(['agent', 'agent-or-plan']);

/** Adds `completion SHELL` and the hidden command its scripts call. Loaded for these two alone. */
export function addCompletion(program: Command): void {
  // The full command takes the place of the one that only stands in the help text.
  const [short, rest] = [named(program, 'completion'), program.commands.filter((one) => one.name() !== 'completion')];
  Object.assign(program, { commands: rest });
  const offered = tab(program, { completionCommandName: 'completion' });
  const print = named(program, 'completion');
  print?.registeredArguments[0]?.choices(SHELLS);
  print?.action((shell: string) => {
    if (shell === 'bash') process.stdout.write(BASH);
    else offered.setup(program.name(), program.name(), shell);
  });
  offered
    .command('completion', short?.description() ?? '')
    .argument('shell', (offer) => SHELLS.forEach((shell) => offer(shell, '')));
  named(program, 'complete')?.action(async (typed: readonly string[]) => {
    const words = withoutSigns(typed);
    if (wantsFile(program, words)) process.stdout.write(`${FILES}\n`);
    else {
      await offerAgents(program, offered, words);
      offered.parse(withoutSwitches(program, words));
    }
  });
}

/** Of the fleet that is meant so far. */
async function offerAgents(program: Command, offered: RootCommand, words: readonly string[]): Promise<void> {
  const [family = '', verb = ''] = words;
  const path = `${family} ${verb}`;
  const { agentNames } = await import('./commands.ts');
  for (const argument of commandOf(program, words.slice(0, -1)).registeredArguments) {
    if (!AGENTS.has(argument.name())) continue;
    const names = await agentNames({
      ...given('home', valueOf(words, '--home')),
      ...given('manifest', valueOf(words, '--manifest') ?? valueOf(words, '-f')),
    });
    const offer = (add: (name: string, description: string) => void): void => names.forEach((name) => add(name, ''));
    offered.commands.get(path)?.argument(argument.name(), offer, argument.variadic);
  }
}

const given = (key: 'home' | 'manifest', value: string | undefined): CommonOptions =>
  value === undefined ? {} : { [key]: value };

/** A shell expands `~` only when the command is run. */
function valueOf(words: readonly string[], option: string): string | undefined {
  const at = words.indexOf(option);
  return at === -1 || at >= words.length - 2
    ? undefined
    : words[at + 1]?.replace(/^~(?=\/)/, process.env['HOME'] ?? '~');
}

/** `--option=value` as two words; bash by itself makes three of it. */
function withoutSigns(words: readonly string[]): readonly string[] {
  const apart = words.flatMap((word) => {
    const [, option, value] = /^(--[a-z][a-z-]*)=(.*)$/s.exec(word) ?? [];
    return option === undefined || value === undefined ? [word] : [option, value];
  });
  return apart.flatMap((word, at) => (word !== '=' ? [word] : at === apart.length - 1 ? [''] : []));
}

const named = ({ commands }: Command, name: string): Command | undefined => commands.find((one) => one.name() === name);

/** The answer by which the shells complete a file themselves. The library never gives it. */
const FILES = ':0';

/**
 * Our own for bash: the library's runs what is typed, substitutions and redirections too, while it is completed. With
 * the package bash-completion a word with `=` or `:` in it is one word; without it, bash has split it.
 */
const BASH = `# bash completion for mosaic
__mosaic_complete() {
  local cur prev words cword out line
  if declare -F _get_comp_words_by_ref >/dev/null; then
    _get_comp_words_by_ref -n '=:' cur prev words cword
  else
    words=("\${COMP_WORDS[@]}") cword=$COMP_CWORD cur=\${COMP_WORDS[COMP_CWORD]}
  fi
  COMPREPLY=()
  out=$(mosaic complete -- "\${words[@]:1:cword}" 2>/dev/null </dev/null) || return
  [[ \${out##*:} == 0 ]] || compopt +o default 2>/dev/null
  while IFS= read -r line; do
    line=\${line%%$'\t'*}
    [[ $line == :* || $line != "\${cur#*=}"* ]] || COMPREPLY+=("$line")
  done <<<"$out"
}
complete -o default -F __mosaic_complete mosaic
`;

/** Whether the last word, as far as it is typed, is where a file or a directory goes. */
function wantsFile(program: Command, words: readonly string[]): boolean {
  const [before, word = ''] = [words.at(-2) ?? '', words.at(-1)];
  const command = commandOf(program, words.slice(0, -1));
  const option = command.options.find(({ short, long }) => before !== '' && [short, long].includes(before));
  if (option?.required === true) return /<(?:file|directory)>/.test(option.flags);
  const first = command.registeredArguments[0]?.name();
  return !word.startsWith('-') && (first === 'file' || (first === 'agent-or-plan' && isFile(word)));
}

/** The library takes `-f` for what it is in the first command that has one: `tail -f` would swallow the agent. */
function withoutSwitches(program: Command, words: readonly string[]): string[] {
  const { options } = commandOf(program, words.slice(0, -1));
  const switches = options.filter(({ required }) => !required).flatMap(({ short, long }) => [short, long]);
  return words.filter((word, at) => at === words.length - 1 || !switches.includes(word));
}

function commandOf(command: Command, [word = '', ...rest]: readonly string[]): Command {
  const below = named(command, word);
  return below === undefined ? command : commandOf(below, rest);
}
