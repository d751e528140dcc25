import type { Activity } from '../model/observed.ts';

/** What can be read off a screen. */
type ScreenState = Exclude<Activity, 'unknown'>;

/** One kind of agent program as it is talked to. Data alone: every agent goes through the same code. */
interface Adapter {
  readonly name: string;
  /** Shortest wait between a text and its submit key: typed bursts are told from a person by their pace. */
  readonly submitDelayMs: number;
  /** Key of tmux that submits what was typed. */
  readonly submitKey: string;
  /**
   * Patterns for the lines of the visible screen's lower part (see `lineMatches`), by what they show. They are tried in
   * the order setup, dialog, busy, idle; no match is `unknown`.
   */
  readonly screen: Readonly<Partial<Record<ScreenState, readonly string[]>>>;
  /** A shell: idle exactly when it is itself the foreground process of its terminal. */
  readonly isShell?: boolean;
}

const SHELL: Adapter = { name: 'shell', submitDelayMs: 0, submitKey: 'Enter', screen: {}, isShell: true };

/** Nothing is known of the program: the slowest pace seen to work for all, and no claim about its screen. */
const DEFAULT: Adapter = { name: 'default', submitDelayMs: 300, submitKey: 'Enter', screen: {} };

const ADAPTERS: Readonly<Record<string, Adapter>> = {
  default: DEFAULT,
  shell: SHELL,
  codex: { name: 'codex', submitDelayMs: 300, submitKey: 'Enter', screen: {} },
  claude: { name: 'claude', submitDelayMs: 300, submitKey: 'Enter', screen: {} },
  opencode: { name: 'opencode', submitDelayMs: 500, submitKey: 'Enter', screen: {} },
  gemini: { name: 'gemini', submitDelayMs: 1000, submitKey: 'Enter', screen: {} },
  pi: { name: 'pi', submitDelayMs: 300, submitKey: 'Enter', screen: {} },
};

const SHELLS: ReadonlySet<string> = new Set(['sh', 'bash', 'dash', 'zsh', 'fish', 'ksh', 'ash']);

/** The adapter of that name; `default` for a program nobody described. */
export function adapterNamed(name: string): Adapter {
  if (SHELLS.has(name)) return SHELL;
  return (Object.hasOwn(ADAPTERS, name) ? ADAPTERS[name] : undefined) ?? DEFAULT;
}
