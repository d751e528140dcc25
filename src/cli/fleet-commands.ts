import { Option } from 'commander';
import type { WatchOptions } from './commands/fleet/watch.ts';
import type { WatchUnitOptions } from './commands/fleet/watch-unit.ts';
import { mutating, REVIEW_FORMATS, type Define } from './command-options.ts';

const commands = (): Promise<typeof import('./commands.ts')> => import('./commands.ts');

/** An option that can be given again. */
const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

/** `mosaic fleet …`. */
export function fleetCommands(define: Define): void {
  reviewCommands(define);
  elsewhereCommands(define);
  lookCommands(define);
  changeCommands(define);
  watchCommand(define);
  define(
    'init',
    (command) =>
      command
        .description('write a first manifest')
        .option('--fleet <name>', 'name of the fleet', 'canary')
        .option('--socket <name>', 'name of its tmux socket (default: mosaic-factory when free)')
        .option('--agent <name=command>', 'an agent; can be given again', collect)
        .addHelpText(
          'after',
          "\nExample:\n  mosaic fleet init --agent coder=codex --agent reviewer='codex --profile review'",
        ),
    async (options) => (await commands()).init(options),
  );
}

function reviewCommands(define: Define): void {
  define(
    'validate',
    (command) =>
      command
        .description('check manifests as text; needs nothing but Node')
        .argument('[file...]')
        .option('--strict', 'warnings count as errors, and there are more of them')
        .option('--allow <code>', 'a warning that may stand under --strict; can be given again', collect)
        .addHelpText('after', '\nExample:\n  mosaic fleet validate --strict --allow W_SHELL manifests/*.yaml'),
    async (options, files) => (await commands()).validate(files, options),
    REVIEW_FORMATS,
  );
  define(
    'plan',
    (command) =>
      command
        .description('show what an apply would do; changes nothing')
        .argument('[agent...]')
        .option('--detailed-exitcode', '2 when there is something to do')
        .option('-v, --verbose', 'every resource and field')
        .option('--diff', 'the text of scripts and units that would change, on the host itself')
        .option('--now', 'as if applied with --now')
        .option('--allow-delete <number>', 'how many agents may be deleted at once')
        .option('--observed <file>', 'go by a snapshot; needs nothing of the host it is about')
        .option('--out <file>', 'save the plan: mosaic fleet apply FILE does exactly that, once')
        .addHelpText('after', '\nExample:\n  mosaic fleet plan --detailed-exitcode || echo "not in sync"'),
    async (options, agents) => (await import('./commands/fleet/plan.ts')).run(agents, options),
    REVIEW_FORMATS,
  );
}

function elsewhereCommands(define: Define): void {
  define(
    'snapshot',
    (command) =>
      command
        .description('print what is seen here as JSON, for plans that are made elsewhere')
        .option('--out <file>', 'write it there instead, mode 0600')
        .addHelpText(
          'after',
          '\nExample:\n  mosaic fleet snapshot --out observed.json\n  mosaic fleet plan --observed observed.json -f fleet.yaml',
        ),
    async (options) => (await import('./reviews.ts')).snapshot(options),
  );
  define(
    'render',
    (command) =>
      command
        .description('write units, scripts and launch data as they would be installed, and check the units')
        .requiredOption('--out <directory>', 'where to; it must be empty or missing')
        .option('--observed <file>', 'for the host of a snapshot; needs nothing of it')
        .addHelpText(
          'after',
          '\nExample:\n  mosaic fleet render --out rendered --observed observed.json -f fleet.yaml',
        ),
    async (options) => (await import('./reviews.ts')).render(options),
  );
}

function lookCommands(define: Define): void {
  define(
    'status',
    (command) =>
      command
        .description('a line per agent, and what you should know')
        .option('-v, --verbose', 'what is not there as well')
        .option('-w, --watch', 'go on and show what changes; a line or a JSON object each when it is no terminal'),
    async (options) => (await import('./commands/fleet/status.ts')).run(options),
  );
  define(
    'verify',
    (command) =>
      command
        .description('prove that the plan is empty and your own tmux untouched')
        .option('--report <file>', 'write the evidence as FILE.json and FILE.md'),
    async (options) => (await commands()).verify(options),
  );
  define(
    'log',
    (command) =>
      command
        .description('what started, ended or changed, and who asked')
        .argument('[agent...]')
        .option('-n, --lines <number>', 'the last so many (default: 50; with --since all)')
        .option('--since <time>', 'from then on: 10m, 2h30m or 1d ago, 2026-11-23 or 2026-11-23T10:00')
        .option('--follow', 'go on with what comes; with -o json an object a line')
        .addHelpText('after', '\nExamples:\n  mosaic fleet log --since 2h coder\n  mosaic fleet log --follow -n 10'),
    async (options, agents) => (await commands()).log(agents, options),
  );
  define(
    'doctor',
    (command) => command.description('look at tmux, systemd and this host'),
    async (options) => (await commands()).doctor(options),
  );
}

function changeCommands(define: Define): void {
  define(
    'apply',
    (command) =>
      mutating(command.description('make the fleet as the manifest says').argument('[agent-or-plan...]'))
        .option('--now', 'restart agents at work as well')
        .option('--allow-delete <number>', 'how many agents may be deleted at once')
        .option('--dry-run', 'the same as plan')
        .option('--max-age <duration>', 'how old a saved plan may be (default: 24h)')
        .option('-v, --verbose', 'every resource and field'),
    async (options, agents) => (await commands()).apply(agents, options),
  );
  define(
    'install',
    (command) => mutating(command.description('write scripts and units; start nothing')),
    async (options) => (await commands()).install(options),
  );
  const verbs = {
    start: 'start agents as the manifest says now, and lift their hold',
    stop: 'stop agents and hold them, over reboots too',
    restart: 'a new process for exactly these agents, as the manifest says now',
  } as const;
  for (const verb of ['start', 'stop', 'restart'] as const) {
    define(
      verb,
      (command) => mutating(command.description(verbs[verb]).argument('[agent...]')),
      async (options, agents) => (await commands()).runState(verb, agents, options),
    );
  }
  define(
    'destroy',
    (command) =>
      mutating(command.description('remove everything of the fleet that carries our marks'))
        .option('--fleet <name>', 'which fleet of this home')
        .option('--include-protected', 'protected agents as well')
        .option('--with-foreign', 'even if sessions that are not ours end with the server'),
    async (options) => (await commands()).destroy(options),
  );
}

function watchCommand(define: Define): void {
  const auto = 'what is done without a person: nothing, what is safe, or all but deletes (default: safe)';
  define(
    'watch',
    (command) =>
      command
        .description('keep the fleet as the manifest says, until told to end')
        .addOption(new Option('--auto <what>', auto).choices(['none', 'safe', 'all']))
        .addOption(new Option('--install', 'do it as a systemd unit of its own, from now on').conflicts('uninstall'))
        .option('--uninstall', 'end and remove that unit')
        .option('--lock-timeout <duration>', 'how long to wait for another mosaic before trying again later', '10s')
        .addHelpText(
          'after',
          '\nExamples:\n  mosaic fleet watch --auto none   # shows what it would do\n  mosaic fleet watch --install',
        ),
    async (options: WatchUnitOptions & WatchOptions) => {
      const { watch, watchUnit } = await commands();
      return options.install === true || options.uninstall === true ? watchUnit(options) : watch(options);
    },
  );
}
