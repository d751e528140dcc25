import type { ExecResult } from '../../src/model/host.ts';
import type { MemoryFiles } from './memory-files.ts';

/** What becomes of a unit when the manager starts or ends it. The machine around the manager does the rest. */
export interface UnitHooks {
  /** True when the unit's process came up. */
  readonly start: (unit: string, text: string) => boolean;
  readonly stop: (unit: string) => void;
}

/** What a unit can be in; one that the manager does not list is inactive. */
export type UnitState = 'active' | 'failed' | 'activating' | 'deactivating';

const SUB_STATES: Readonly<Record<UnitState, string>> = {
  active: 'running',
  failed: 'failed',
  activating: 'start',
  deactivating: 'stop-sigterm',
};

const ok = (stdout = ''): ExecResult => ({ exitCode: 0, stdout, stderr: '' });
const bad = (stderr: string): ExecResult => ({ exitCode: 1, stdout: '', stderr: `${stderr}\n` });

/**
 * A user manager over files in memory: it knows units as they were at its last reload, or at their first use, and
 * answers exactly the calls our client makes.
 */
export class SimulatedSystemd {
  readonly #files: MemoryFiles;
  readonly #directory: string;
  readonly #now: () => number;
  readonly #hooks: UnitHooks;
  #loaded: ReadonlyMap<string, string> = new Map();
  /** 0 until the first reload, as of a real manager. */
  #loadedAtMs = 0;
  readonly #startedAtMs: number;
  #active = new Map<string, UnitState>();
  #lastStarts = new Map<string, number>();

  constructor(files: MemoryFiles, directory: string, now: () => number, hooks: UnitHooks) {
    this.#files = files;
    this.#directory = directory;
    this.#now = now;
    this.#hooks = hooks;
    this.#startedAtMs = now();
  }

  /** What busctl and systemctl do with these arguments. */
  exec([program, ...args]: readonly string[]): ExecResult {
    if (args[0] !== '--user') return bad(`${program ?? ''}: only --user is known here`);
    return program === 'busctl' ? this.#bus(args.slice(2)) : this.#control(args.slice(1));
  }

  isActive(unit: string): boolean {
    return this.#active.get(unit) === 'active';
  }

  /** Every unit that is not inactive. */
  units(): readonly string[] {
    return [...this.#active.keys()];
  }

  /** Says what a unit is in by now, without anything of ours having been asked. */
  become(unit: string, state: UnitState | 'inactive'): void {
    if (state === 'inactive') this.#active.delete(unit);
    else this.#active.set(unit, state);
  }

  /** Remembers what the manager knows and runs, and gives the way back to it. */
  snapshot(): () => void {
    const [active, loaded, loadedAtMs] = [new Map(this.#active), this.#loaded, this.#loadedAtMs];
    const lastStarts = new Map(this.#lastStarts);
    return () => {
      this.#lastStarts = new Map(lastStarts);
      this.#active = new Map(active);
      this.#loaded = loaded;
      this.#loadedAtMs = loadedAtMs;
    };
  }

  /** What the manager believes and runs, as text: links and units it has read, and what is up. */
  state(): string {
    const loaded = [...this.#loaded].map(([path, text]) => `${path}\n${text}`).toSorted();
    return [...loaded, ...[...this.#active].map((row) => row.join(' ')).toSorted()].join('\n');
  }

  #bus([verb, , , , ...rest]: readonly string[]): ExecResult {
    if (verb === 'get-property') return ok(`${rest.map((name) => this.#property(name)).join('\n')}\n`);
    const [method, , , , ...patterns] = rest;
    if (method !== 'ListUnitsByPatterns') return bad(`Unknown method ${method ?? ''}`);
    const rows = [...this.#active]
      .filter(([unit]) => patterns.some((pattern) => matches(pattern, unit)))
      .map(([unit, active]) => [unit, '', 'loaded', active, SUB_STATES[active], '', '', 0, '', '']);
    return ok(`${JSON.stringify({ type: 'a(ssssssouso)', data: [rows] })}\n`);
  }

  #property(name: string): string {
    const data: Readonly<Record<string, unknown>> = {
      UnitsLoadTimestamp: this.#loadedAtMs * 1000,
      UnitsLoadStartTimestamp: this.#startedAtMs * 1000,
      ControlGroup: '/user.slice/user-1000.slice/user@1000.service',
      UnitPath: [this.#directory, '/usr/lib/systemd/user'],
      Version: '252',
    };
    return JSON.stringify({ data: data[name] });
  }

  #control([verb = '', ...rest]: readonly string[]): ExecResult {
    const units = rest.filter((word) => !word.startsWith('--'));
    const alone = rest.includes('--job-mode=ignore-dependencies');
    switch (verb) {
      case 'daemon-reload':
        this.#reload();
        return ok();
      case 'reset-failed':
        this.#forget(units);
        return ok();
      case 'show':
        return ok(units.map((unit) => `Id=${unit}\nInvocationID=${this.#lastStarts.get(unit) ?? ''}\n`).join('\n'));
      case 'start':
        return all(units.map((unit) => this.#start(unit, alone)));
      case 'stop':
      case 'restart':
        for (const unit of stopOrder(units)) this.stop(unit);
        return verb === 'stop' ? ok() : all(units.map((unit) => this.#start(unit, alone)));
      default:
        return bad(`Unknown command verb ${verb}.`);
    }
  }

  #forget(units: readonly string[]): void {
    for (const unit of units) if (this.#active.get(unit) === 'failed') this.#active.delete(unit);
  }

  /** Ends a unit and, for one that others require, those before it. */
  stop(unit: string): void {
    if (unit.endsWith('-tmux.service')) {
      const agents = `${unit.slice(0, -'-tmux.service'.length)}@*.service`;
      for (const other of [...this.#active.keys()].filter((name) => matches(agents, name))) this.stop(other);
    }
    if (!this.#active.has(unit) || this.#active.get(unit) === 'failed') return;
    this.#active.delete(unit);
    this.#hooks.stop(unit);
  }

  #start(unit: string, alone: boolean): string | undefined {
    const text = this.#definition(unit);
    if (text === undefined) return `Failed to start ${unit}: Unit ${unit} not found.`;
    if (text === '/dev/null') return `Failed to start ${unit}: Unit ${unit} is masked.`;
    if (this.isActive(unit)) return undefined;
    const required = /^Requires=(.*)$/m.exec(text)?.[1];
    if (!alone && required !== undefined) this.#start(required, alone);
    this.#lastStarts.set(unit, this.#now());
    const isUp = this.#hooks.start(unit, text);
    this.#active.set(unit, isUp ? 'active' : 'failed');
    return isUp ? undefined : `Job for ${unit} failed.`;
  }

  /** A unit's own file goes before its template's; `/dev/null` is a mask. */
  #definition(unit: string): string | undefined {
    return this.#read(unit) ?? this.#read(unit.replace(/@.+\.service$/, '@.service'));
  }

  /** A unit the manager has not read yet is read at its first use; one it has read stays as it was then. */
  #read(name: string): string | undefined {
    const path = `${this.#directory}/${name}`;
    const isLink = this.#files.stat(path)?.kind === 'symlink';
    return this.#loaded.get(path) ?? (isLink ? this.#files.readLink(path) : this.#files.read(path));
  }

  #reload(): void {
    this.#loadedAtMs = this.#now();
    const found = new Map<string, string>();
    const visit = (directory: string): void => {
      for (const name of this.#files.list(directory) ?? []) {
        const path = `${directory}/${name}`;
        const kind = this.#files.stat(path)?.kind;
        if (kind === 'directory') visit(path);
        else if (/\.(service|target|conf)$/.test(name)) {
          found.set(path, (kind === 'symlink' ? this.#files.readLink(path) : this.#files.read(path)) ?? '');
        }
      }
    };
    visit(this.#directory);
    this.#loaded = found;
  }
}

/** Agents end before the server they need. */
const stopOrder = (units: readonly string[]): readonly string[] =>
  units.toSorted((a, b) => Number(b.includes('@')) - Number(a.includes('@')));

function all(problems: readonly (string | undefined)[]): ExecResult {
  const found = problems.filter((problem) => problem !== undefined);
  return found.length === 0 ? ok() : bad(found.join('\n'));
}

const matches = (pattern: string, unit: string): boolean => {
  const [head = '', tail] = pattern.split('*');
  return tail === undefined ? unit === pattern : unit.startsWith(head) && unit.endsWith(tail);
};
