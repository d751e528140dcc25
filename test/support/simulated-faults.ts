import { FleetError } from '../../src/model/error.ts';
import { ExecFailure, type FileWriter, type WritePort } from '../../src/model/host.ts';

/** What happens to the k-th act of a port: the process dies there, or that one act alone fails. */
export type Fault = { readonly at: number; readonly kind: 'crash' | 'failure' };

/** A port that counts what changes the machine, and can be told to fail at any of it. */
export interface WatchedPort extends WritePort {
  /** Everything that changed, or could have changed, the machine, in order. */
  readonly acts: readonly string[];
}

/** Watches `port`. The k-th act counts from 1; after a crash nothing acts any more, looks go on. */
export function watched(port: WritePort, fault?: Fault): WatchedPort {
  const acts: string[] = [];
  const isDue = (): boolean =>
    fault !== undefined && (fault.kind === 'crash' ? acts.length >= fault.at : acts.length === fault.at);
  const act = <T>(what: string, failure: Error, run: () => T): T => {
    acts.push(what);
    if (isDue()) throw failure;
    return run();
  };
  const write =
    <A extends readonly [string, ...unknown[]]>(name: keyof FileWriter, method: (...args: A) => void) =>
    (...args: A): void =>
      act(`${name} ${args[0]}`, new FleetError('E_DISK_FULL', `${name} ${args[0]}: no space`), () => method(...args));
  const { writer } = port;
  return {
    ...port,
    acts,
    writer: {
      write: write('write', (path: string, content: string, mode: number) => writer.write(path, content, mode)),
      link: write('link', (path: string, target: string) => writer.link(path, target)),
      makeDirectory: write('makeDirectory', (path: string, mode: number) => writer.makeDirectory(path, mode)),
      remove: write('remove', (path: string) => writer.remove(path)),
      removeDirectory: write('removeDirectory', (path: string) => writer.removeDirectory(path)),
      together: (all) => writer.together(all),
    },
    exec: async (argv, options) => {
      if (isLook(argv)) return port.exec(argv, options);
      return act(argv.join(' '), new ExecFailure('signal', argv, `${argv[0]} was ended`), () =>
        port.exec(argv, options),
      );
    },
  };
}

/** Calls that only ask. Everything that is not named here counts as an act. */
export function isLook(argv: readonly string[]): boolean {
  const [program = '', ...args] = argv;
  const name = program.split('/').at(-1);
  if (name === 'busctl') return args.includes('get-property') || args.includes('ListUnitsByPatterns');
  if (name === 'systemctl') return args.includes('show');
  if (name !== 'tmux' || !args.includes('-N')) return false;
  const commands = args.slice(args.indexOf('-N') + 1);
  const verbs = commands.filter((_, at) => at === 0 || commands[at - 1] === ';');
  return verbs.every((verb) => ['display-message', 'show-options', 'list-panes'].includes(verb));
}
