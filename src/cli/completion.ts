import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';

/** Commands whose arguments are agents. */
const AGENT_COMMANDS = ['fleet apply', 'fleet start', 'fleet stop', 'fleet restart', 'fleet log'];

/** Adds `completion SHELL` and the hidden command its scripts call. Loaded for these two alone. */
export async function addCompletion(program: Command): Promise<void> {
  const names = await agentNames();
  // The full command takes the place of the one that only stands in the help text.
  const rest = program.commands.filter((command) => command.name() !== 'completion');
  Object.assign(program, { commands: rest });
  const completion = tab(program, { completionCommandName: 'completion' });
  for (const path of AGENT_COMMANDS) {
    completion.commands.get(path)?.argument('agent', (complete) => names.forEach((name) => complete(name, '')), true);
  }
}

/** Agents of the usual manifest; none when it cannot be read: a completion never fails. */
async function agentNames(): Promise<readonly string[]> {
  try {
    const { openPlace } = await import('./context.ts');
    const { loadFleet } = await import('./load-fleet.ts');
    const { fleet } = await loadFleet({}, await openPlace({}));
    return fleet.agents.map(({ name }) => name);
  } catch {
    return [];
  }
}
