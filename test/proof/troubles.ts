import { FleetError, type ErrorCode } from '../../src/model/error.ts';
import { ExecFailure, type Exec, type ExecResult, type FileWriter, type WritePort } from '../../src/model/host.ts';
import { isLook } from '../support/simulated-faults.ts';

/** What may happen to one call of a port. `partial` and `garbage` are errors where a call has no parts or no answer. */
export const WAYS = ['crash before', 'crash after', 'error', 'error after', 'partial', 'garbage'] as const;

/** The k-th call of a port goes wrong, of looks as well as of acts; for good means every later call of its kind too. */
export interface Trouble {
  readonly at: number;
  readonly way: (typeof WAYS)[number];
  /** Which of the errors of its class it is. */
  readonly error: number;
  readonly forGood: boolean;
}

/** The process is dead: nothing of it goes on. */
export class Crash extends Error {}

export interface TroubledPort extends WritePort {
  /** Calls so far. */
  readonly calls: () => number;
  /** The errors it gave, by their classes. */
  readonly errors: ReadonlySet<string>;
}

const FILE_ERRORS: readonly ErrorCode[] = [
  'E_DISK_FULL',
  'E_IO',
  'E_READONLY',
  'E_PERMISSION',
  'E_LIMIT',
  'E_SYMLINK',
  'E_NOT_DIR',
];
const EXEC_ERRORS = ['missing', 'timeout', 'signal', 'overflow', 'spawn', 'exit'] as const;

/** So many numbers of errors meet every class of every kind of call. */
export const KINDS_OF_ERRORS = Math.max(FILE_ERRORS.length, EXEC_ERRORS.length);

const pick = <T>(list: readonly [T, ...T[]] | readonly T[], at: number): T => {
  const found = list[at % list.length];
  if (found === undefined) throw new Error('nothing to pick from');
  return found;
};

/** A port to the same machine whose calls are counted, and one of them goes wrong. */
export function troubled(port: WritePort, trouble?: Trouble): TroubledPort {
  const line = new Line(trouble);
  const { files, writer } = port;
  const call = <T>(key: string, run: () => T): T => line.call(key, run);
  const counted: FileWriter = {
    write: (path, content, mode) => call(`write ${path}`, () => writer.write(path, content, mode)),
    link: (path, target) => call(`link ${path}`, () => writer.link(path, target)),
    makeDirectory: (path, mode) => call(`makeDirectory ${path}`, () => writer.makeDirectory(path, mode)),
    remove: (path) => call(`remove ${path}`, () => writer.remove(path)),
    removeDirectory: (path) => call(`removeDirectory ${path}`, () => writer.removeDirectory(path)),
    together: (act) => writer.together(act),
  };
  return {
    ...port,
    calls: () => line.calls,
    errors: line.errors,
    files: {
      stat: (path) => call(`stat ${path}`, () => files.stat(path)),
      read: (path, maxBytes) => call(`read ${path}`, () => files.read(path, maxBytes)),
      readLink: (path) => call(`readLink ${path}`, () => files.readLink(path)),
      list: (path) => call(`list ${path}`, () => files.list(path)),
    },
    writer: counted,
    exec: (argv, options) => line.exec(port.exec, argv, options),
  };
}

/** All calls of one process, one after the other. */
class Line {
  calls = 0;
  readonly errors = new Set<string>();
  readonly #trouble: Trouble | undefined;
  #isDead = false;
  #stuck: string | undefined;

  constructor(trouble: Trouble | undefined) {
    this.#trouble = trouble;
  }

  call<T>(key: string, run: () => T): T {
    const trouble = this.#turn(key);
    if (trouble === undefined) return run();
    if (trouble.way === 'crash before') this.#die();
    if (trouble.way.endsWith('after')) run();
    if (trouble.way === 'crash after') this.#die();
    const code = pick(FILE_ERRORS, trouble.error);
    this.errors.add(code);
    throw new FleetError(code, `${key}: refused`);
  }

  async exec(exec: Exec, ...[argv, options]: Parameters<Exec>): Promise<ExecResult> {
    const trouble = this.#turn(argv.slice(0, 3).join(' '));
    if (trouble === undefined) return exec(argv, options);
    if (trouble.way === 'crash before') this.#die();
    if (trouble.way === 'garbage' && isLook(argv)) return { exitCode: 0, stdout: 'S|oops\n{"data"\n', stderr: '' };
    if (trouble.way === 'partial') await exec(firstOf(argv), options);
    if (trouble.way.endsWith('after')) await exec(argv, options);
    if (trouble.way === 'crash after') this.#die();
    const reason = pick(EXEC_ERRORS, trouble.error);
    this.errors.add(`${argv[0].split('/').at(-1) ?? ''} ${reason}`);
    if (reason === 'exit') return { exitCode: 1, stdout: '', stderr: 'it went wrong\n' };
    throw new ExecFailure(reason, argv, `${argv[0]}: ${reason}`);
  }

  #turn(key: string): Trouble | undefined {
    if (this.#isDead) throw new Crash('it is dead');
    this.calls += 1;
    const isDue = this.calls === this.#trouble?.at;
    if (isDue && this.#trouble?.forGood) this.#stuck = key;
    return isDue || key === this.#stuck ? this.#trouble : undefined;
  }

  #die(): never {
    this.#isDead = true;
    throw new Crash('it died here');
  }
}

/** The same call about its first unit alone. */
const firstOf = (argv: readonly [string, ...string[]]): readonly [string, ...string[]] => {
  const at = argv.findIndex((word) => word.startsWith('mosaic-'));
  return argv[0] === 'systemctl' && at > 0 ? [argv[0], ...argv.slice(1, at + 1)] : argv;
};
