import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';
import { isFile } from './named-file.ts';

/** Commands whose arguments are agents. */
const AGENT_COMMANDS = [
  'fleet apply',
  'fleet start',
  'fleet stop',
  'fleet restart',
  'fleet log',
  'agent status',
  'agent tail',
  'agent attach',
  'agent reset',
  'agent send',
];

/** The ones that the guide and the help promise; the library knows more. */
const SHELLS = ['bash', 'zsh', 'fish'];

/** Adds `completion SHELL` and the hidden command its scripts call. Loaded for these two alone. */
export async function addCompletion(program: Command): Promise<void> {
  const { agentNames } = await import('./commands.ts');
  const names = await agentNames();
  // The full command takes the place of the one that only stands in the help text.
  const [short, rest] = [named(program, 'completion'), program.commands.filter((one) => one.name() !== 'completion')];
  Object.assign(program, { commands: rest });
  const offered = tab(program, { completionCommandName: 'completion' });
  const print = named(program, 'completion');
  print?.registeredArguments[0]?.choices(SHELLS);
  print?.hook('postAction', (_, { args }) => void (args[0] === 'bash' && process.stdout.write(FILES_IN_BASH)));
  offered
    .command('completion', short?.description() ?? '')
    .argument('shell', (offer) => SHELLS.forEach((shell) => offer(shell, '')));
  for (const path of AGENT_COMMANDS) {
    offered.commands.get(path)?.argument('agent', (offer) => names.forEach((name) => offer(name, '')), true);
  }
  named(program, 'complete')?.action((words: readonly string[]) =>
    wantsFile(program, words)
      ? void process.stdout.write(`${FILES}\n`)
      : offered.parse(withoutSwitches(program, words)),
  );
}

const named = ({ commands }: Command, name: string): Command | undefined => commands.find((one) => one.name() === name);

/** The answer by which the shells complete a file themselves. The library never gives it. */
const FILES = ':0';

/** What the library's own script leaves out: without it bash takes `:0` for nothing. */
const FILES_IN_BASH = 'complete -o default -F __mosaic_complete mosaic\n';

/** Whether the last word, as far as it is typed, is where a file or a directory goes. */
function wantsFile(program: Command, words: readonly string[]): boolean {
  const word = words.at(-1) ?? '';
  const command = commandOf(program, words);
  const option = command.options.find(({ short, long }) => [short, long].includes(words.at(-2)));
  if (option?.required === true) return /<(?:file|directory)>/.test(option.flags);
  const first = command.registeredArguments[0]?.name();
  return !word.startsWith('-') && (first === 'file' || (first === 'agent-or-plan' && isFile(word)));
}

/** The library takes `-f` for what it is in the first command that has one: `tail -f` would swallow the agent. */
function withoutSwitches(program: Command, words: readonly string[]): string[] {
  const { options } = commandOf(program, words);
  const switches = options.filter(({ required }) => !required).flatMap(({ short, long }) => [short, long]);
  return words.filter((word, at) => at === words.length - 1 || !switches.includes(word));
}

function commandOf(command: Command, [word = '', ...rest]: readonly string[]): Command {
  const below = named(command, word);
  return below === undefined ? command : commandOf(below, rest);
}
