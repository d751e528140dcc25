import type { Command } from 'commander';
import type { Does } from './command-options.ts';

/** `mosaic agent …`: talking to the agents. Each command loads alone, in the moment it runs. */
export function agentCommands(agent: Command, does: Does): void {
  does(
    agent
      .command('roster')
      .description('who the manifest declares; needs no server')
      .option('--selector <labels>', 'only agents with these labels: KEY=VALUE[,KEY=VALUE]')
      .addHelpText('after', '\nExample:\n  mosaic agent roster --selector role=coder'),
    async (options) => (await import('./commands/agent/roster.ts')).run(options),
  );
  does(
    agent
      .command('status')
      .description('how agents are, what they do, and how that is known')
      .argument('[agent...]')
      .option('--selector <labels>', 'only agents with these labels: KEY=VALUE[,KEY=VALUE]')
      .addHelpText(
        'after',
        '\nExamples:\n  mosaic agent status coder\n  mosaic agent status --selector role=coder -o json',
      ),
    async (options, names) => (await import('./commands/agent/status.ts')).run(names, options),
  );
}
