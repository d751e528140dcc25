import { Option } from 'commander';
import { mutating, type Define } from './command-options.ts';

/** `mosaic agent …`: talking to the agents. Each command loads alone, in the moment it runs. */
export function agentCommands(define: Define): void {
  lookCommands(define);
  sendCommand(define);
  visitCommands(define);
}

function lookCommands(define: Define): void {
  define(
    'roster',
    (command) =>
      command
        .description('who the manifest declares; needs no server')
        .option('--selector <labels>', 'only agents with these labels: KEY=VALUE[,KEY=VALUE]')
        .addHelpText('after', '\nExample:\n  mosaic agent roster --selector role=coder'),
    async (options) => (await import('./commands/agent/roster.ts')).run(options),
  );
  define(
    'status',
    (command) =>
      command
        .description('how agents are, what they do, and how that is known')
        .argument('[agent...]')
        .option('--selector <labels>', 'only agents with these labels: KEY=VALUE[,KEY=VALUE]')
        .addHelpText(
          'after',
          '\nExamples:\n  mosaic agent status coder\n  mosaic agent status --selector role=coder -o json',
        ),
    async (options, names) => (await import('./commands/agent/status.ts')).run(names, options),
  );
  define(
    'tail',
    (command) =>
      command
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

function visitCommands(define: Define): void {
  define(
    'attach',
    (command) =>
      command
        .description('open an agent on this terminal; opened again when the agent restarts')
        .argument('<agent>')
        .option('-r, --read-only', 'look without typing')
        .addHelpText('after', '\nLeave it with the prefix key and d.\n\nExample:\n  mosaic agent attach coder'),
    async (options, agents) => (await import('./commands/agent/attach.ts')).run(agents, options),
  );
  define(
    'reset',
    (command) =>
      mutating(
        command
          .description('a new process for exactly these agents, started afresh and not resumed')
          .argument('<agent...>'),
      ).addHelpText('after', '\nExample:\n  mosaic agent reset coder'),
    async (options, agents) => (await import('./commands/agent/reset.ts')).run(agents, options),
  );
}

function sendCommand(define: Define): void {
  define(
    'send',
    (command) =>
      command
        .description('type a message into the terminals of agents, and tell what became of it')
        .argument('[agent]', 'whom; left out with --all and --selector')
        .argument('[text...]', 'the message; - reads it from standard input')
        .option('--no-enter', 'leave the text where it is typed')
        .option('--all', 'to every agent')
        .option('--selector <labels>', 'to the agents with these labels: KEY=VALUE[,KEY=VALUE]')
        .addOption(new Option('--when <state>', 'wait until the agent is so').choices(['idle']))
        .option('--wait', 'wait until the agent is idle again')
        .option('--timeout <duration>', 'how long to wait at most', '10m')
        .option('--force', 'append to what somebody has typed there and not sent')
        .option('--bare', 'without the line that names the agent it comes from')
        .hook('preAction', async (self) =>
          (await import('./options-in-text.ts')).refuseOptionInText(self, process.argv),
        )
        .addHelpText('after', SEND_EXAMPLES),
    async (options, words) => (await import('./commands/agent/send.ts')).run(words, options),
  );
}

const SEND_EXAMPLES = `
Examples:
  mosaic agent send coder fix the failing test
  git diff | mosaic agent send reviewer -
  mosaic agent send --selector role=coder stop and summarise
  mosaic agent send coder --when idle --wait run the tests
  mosaic agent send coder -- --a text that begins with a dash`;
