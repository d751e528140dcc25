import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';

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

/** The ones that the guide and the help promise. */
const SHELLS = ['bash', 'zsh', 'fish'];

/** Adds `completion SHELL` and the hidden command its scripts call. Loaded for these two alone. */
export async function addCompletion(program: Command): Promise<void> {
  const { agentNames } = await import('./commands.ts');
  const names = await agentNames();
  // The full command takes the place of the one that only stands in the help text.
  const rest = program.commands.filter((command) => command.name() !== 'completion');
  Object.assign(program, { commands: rest });
  const completion = tab(program, { completionCommandName: 'completion' });
  program.commands.find((command) => command.name() === 'completion')?.registeredArguments[0]?.choices(SHELLS);
  for (const path of AGENT_COMMANDS) {
    completion.commands.get(path)?.argument('agent', (complete) => names.forEach((name) => complete(name, '')), true);
  }
}
