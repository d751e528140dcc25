import type { Command } from 'commander';
import { mutating, type Does } from './command-options.ts';

/** `mosaic agent …`: talking to the agents. Each command loads alone, in the moment it runs. */
export function agentCommands(agent: Command, does: Does): void {
  lookCommands(agent, does);
  visitCommands(agent, does);
}

function lookCommands(agent: Command, does: Does): void {
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
  does(
    agent
      .command('tail')
      .description('what is on the screen and in the scrollback of an agent, and with -f what comes')
      .argument('<agent>')
      .option('-n, --lines <number>', 'the last so many', '50')
      .option('-f, --follow', 'go on with what comes, over restarts of the agent')
      .option('--raw', 'with its control sequences; into a pipe or a file')
      .addHelpText(
        'after',
        '\nWith -f it ends when the agent does: 0 stopped, removed or ended well, 3 failed or crash-looping.\n\nExample:\n  mosaic agent tail coder -n 200 -f',
      ),
    async (options, agents) => (await import('./commands/agent/tail.ts')).run(agents, options),
  );
}

function visitCommands(agent: Command, does: Does): void {
  does(
    agent
      .command('attach')
      .description('open an agent on this terminal; opened again when the agent restarts')
      .argument('<agent>')
      .option('-r, --read-only', 'look without typing')
      .addHelpText('after', '\nLeave it with the prefix key and d.\n\nExample:\n  mosaic agent attach coder'),
    async (options, agents) => (await import('./commands/agent/attach.ts')).run(agents, options),
  );
  does(
    mutating(
      agent
        .command('reset')
        .description('a new process for exactly these agents, started afresh and not resumed')
        .argument('<agent...>'),
    ).addHelpText('after', '\nExample:\n  mosaic agent reset coder'),
    async (options, agents) => (await import('./commands/agent/reset.ts')).run(agents, options),
  );
}
