import type { AdapterOverride, Agent } from '../model/fleet.ts';
import type { Activity } from '../model/observed.ts';
import { CLAUDE } from './claude.ts';
import { CODEX } from './codex.ts';

/** What can be read off a screen. */
export type ScreenState = Exclude<Activity, 'unknown'>;

/** A line pattern (see `lineMatches`), or one with a name for what it recognises, such as `trust dialog`. */
export type ScreenRule =
  | string
  | {
      readonly line: string;
      readonly means: string;
      /** A line that must stand above it: most dialogs of a program end alike. */
      readonly after?: string;
    };

/** One kind of agent program as it is talked to. Data alone: every agent goes through the same code. */
export interface Adapter {
  readonly name: string;
  /** Shortest wait between a text and its submit key: typed bursts are told from a person by their pace. */
  readonly submitDelayMs: number;
  /** Key of tmux that submits what was typed. */
  readonly submitKey: string;
  /**
   * Rules for the lines of the visible screen's lower part, by what they show. They are tried in the order setup,
   * dialog, busy, idle; no match is `unknown`.
   */
  readonly screen: Readonly<Partial<Record<ScreenState, readonly ScreenRule[]>>>;
  readonly composer?: Composer;
  /** Patterns of the title that the program gives its terminal: nothing it prints or is told can imitate one. */
  readonly title?: Readonly<Partial<Record<'dialog' | 'busy', readonly string[]>>>;
  /** A shell: idle exactly when it is itself the foreground process of its terminal. */
  readonly isShell?: boolean;
}

/**
 * The place where a text to be sent is typed. Rules for setup, dialog and idle count from it down, those for busy also
 * above it as far as the newest message: everything earlier tells nothing of now.
 */
export interface Composer {
  /** Patterns of its first line; sent messages may look the same. */
  readonly line: readonly string[];
  /** Patterns of its first line while nothing is typed, suggestions included. */
  readonly empty: readonly string[];
  /** Patterns of its first line while a long text stands there that is shown as one word. */
  readonly pasted?: readonly string[];
  /** Pattern of the line right below while nothing is typed; without it that line is blank. */
  readonly end?: string;
  /** Patterns of a line that stands at the end of a turn, or at the beginning of a conversation. */
  readonly settled: readonly string[];
}

const SHELL: Adapter = { name: 'shell', submitDelayMs: 0, submitKey: 'Enter', screen: {}, isShell: true };

/** Nothing is known of the program: the slowest pace seen to work for all, and no claim about its screen. */
const DEFAULT: Adapter = { name: 'default', submitDelayMs: 300, submitKey: 'Enter', screen: {} };

const ADAPTERS: Readonly<Record<string, Adapter>> = {
  default: DEFAULT,
  shell: SHELL,
  codex: CODEX,
  claude: CLAUDE,
  opencode: { name: 'opencode', submitDelayMs: 500, submitKey: 'Enter', screen: {} },
  gemini: { name: 'gemini', submitDelayMs: 1000, submitKey: 'Enter', screen: {} },
  pi: { name: 'pi', submitDelayMs: 300, submitKey: 'Enter', screen: {} },
};

const SHELLS: ReadonlySet<string> = new Set(['sh', 'bash', 'dash', 'zsh', 'fish', 'ksh', 'ash']);

/** How this agent is talked to: what is known of its adapter, and what the manifest's `spec.adapters` says otherwise. */
export function adapterOf(
  { adapter: name, program }: Pick<Agent, 'adapter' | 'program'>,
  overrides: Readonly<Record<string, AdapterOverride>>,
): Adapter {
  const isScript = SHELLS.has(name) && program.kind === 'command' && !isPrompt(program.argv);
  const known = isScript ? DEFAULT : adapterNamed(name);
  const override = own(overrides, name) ?? own(overrides, known.name);
  return override === undefined ? known : overridden({ ...known, name }, override);
}

/** The adapter of that name; `default` for a program nobody described. */
export const adapterNamed = (name: string): Adapter => (SHELLS.has(name) ? SHELL : (own(ADAPTERS, name) ?? DEFAULT));

const own = <T>(entries: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(entries, name) ? entries[name] : undefined;

const TAKES_A_VALUE: ReadonlySet<string> = new Set(['-o', '+o', '-O', '+O', '--rcfile', '--init-file']);

/** A shell with a script or a command line runs that and never waits for anybody. */
function isPrompt([, ...words]: readonly string[]): boolean {
  const options = words.filter((_word, at) => !TAKES_A_VALUE.has(words[at - 1] ?? ''));
  return options.every((word) => /^(?:--(?!command)[a-z]|[-+](?!-)[^c]*$)/i.test(word));
}

function overridden(known: Adapter, { submitDelayMs, submitKey, ...screen }: AdapterOverride): Adapter {
  return {
    ...known,
    submitDelayMs: submitDelayMs ?? known.submitDelayMs,
    submitKey: submitKey ?? known.submitKey,
    screen: { ...known.screen, ...screen },
  };
}
