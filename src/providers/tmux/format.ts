/**
 * The formats our calls print (tmux(1), FORMATS; all since 3.2). Printable ASCII separators only: under a C locale tmux
 * rewrites tabs. What an agent can set is cut down to safe characters by tmux itself; free text stands last.
 */
const SAFE_MARK = (option: string): string => `#{=120;s|[^a-zA-Z0-9/-]|.|:${option}}`;

const SERVER_FIELDS = ['pid', 'start_time', 'version'] as const;
const OPTIONS = ['prefix', 'mouse', 'mode-keys', 'status', 'remain-on-exit', 'exit-empty', 'history-limit'] as const;
const PANE_FIELDS = ['session_id', 'pane_id', 'pane_pid', 'session_attached', 'pane_dead'] as const;

const field = (name: string): string => `#{${name}}`;

/**
 * Which fleet a server without a unit belongs to. Not `@mosaic_owner`: in a format a server option hides the sessions'
 * options of the same name (seen on 3.3a).
 */
export const SERVER_MARK = '@mosaic_fleet';

const SERVER_FORMAT = ['S', ...SERVER_FIELDS.map(field), SAFE_MARK(SERVER_MARK)].join('|');

/** Asks whose server it is; the answer is the first line that {@link parseServer} reads. */
export const ASK_SERVER: readonly string[] = ['display-message', '-p', SERVER_FORMAT];

/**
 * Asks what {@link parseServer} reads. The options by themselves: a format would give those of some session or window,
 * where a person may have set others (`:set mouse on`).
 */
export const SERVER_COMMANDS: readonly (readonly string[])[] = [
  ASK_SERVER,
  ...OPTIONS.map((name) => ['show-options', name === 'exit-empty' ? '-sv' : '-gv', name]),
];
export const PANE_FORMAT = [
  'P',
  ...PANE_FIELDS.map(field),
  SAFE_MARK('@mosaic_owner'),
  SAFE_MARK('@mosaic_spec'),
  SAFE_MARK('@mosaic_launcher'),
  '#{session_name}',
].join('|');

export interface ServerRow {
  readonly pid: number;
  readonly startTime: number;
  readonly version: string;
  readonly owner: string;
  /** Live values of the options we keep; flags as `on` and `off`. */
  readonly options: Readonly<Record<string, string>>;
}

export interface PaneRow {
  readonly sessionId: string;
  readonly paneId: string;
  readonly panePid: number;
  readonly attached: number;
  readonly dead: boolean;
  readonly owner: string;
  readonly spec: string;
  readonly launcher: string;
  readonly session: string;
}

/** What a server answered to {@link SERVER_COMMANDS}, line by line; more may follow. */
export function parseServer([first = '', ...values]: readonly string[]): ServerRow | undefined {
  const [kind, pid = '', startTime = '', version = '', ...mark] = first.split('|');
  if (kind !== 'S' || !/^\d+$/.test(pid) || !/^\d+$/.test(startTime)) return undefined;
  const value = (name: (typeof OPTIONS)[number]): string => values[OPTIONS.indexOf(name)] ?? '';
  const options = {
    prefix: keySpelling(value('prefix')),
    mouse: flag(value('mouse')),
    'mode-keys': value('mode-keys'),
    status: value('status'),
    'remain-on-exit': value('remain-on-exit'),
    'exit-empty': flag(value('exit-empty')),
    'history-limit': value('history-limit'),
  };
  return { pid: Number(pid), startTime: Number(startTime), version, owner: mark.join('|'), options };
}

/**
 * One spelling for all that name the same key: tmux prints another than it was given, and each version its own
 * (`C-A` as `C-a`, `C-i` as `Tab`, `C-M-a` as `M-C-a`).
 */
export function keySpelling(text: string): string {
  const [, before = '', name = ''] = /^((?:[CMS]-)*)(.+)$/s.exec(text) ?? [];
  const modifiers = ['C-', 'M-', 'S-'].filter((modifier) => before.includes(modifier));
  if (!modifiers.includes('C-')) return [...modifiers, name].join('');
  const plain = CONTROL_NAMES[name.toLowerCase()];
  if (plain !== undefined) return [...modifiers.slice(1), plain].join('');
  const key = name === '@' ? 'Space' : /^[A-Z]$/.test(name) ? name.toLowerCase() : name;
  return [...modifiers, key].join('');
}

/** Keys that send what another key sends with Control (ascii(7)). */
const CONTROL_NAMES: Readonly<Record<string, string>> = { i: 'Tab', m: 'Enter', '[': 'Escape' };

const flag = (value: string): string => (value === '1' || value === 'on' ? 'on' : 'off');

/** A row of `list-panes`; undefined for anything that is not exactly one, so that no output can forge a session. */
export function parsePaneRow(line: string): PaneRow | undefined {
  const sound = PANE_ROW.exec(line)?.groups;
  if (sound === undefined) return undefined;
  const { id, pane, pid, attached, dead, owner = '', spec = '', launcher = '', name = '' } = sound;
  return {
    sessionId: `$${id}`,
    paneId: `%${pane}`,
    panePid: Number(pid),
    attached: Number(attached),
    dead: dead === '1',
    owner,
    // `v1:HASH` comes back as `v1.HASH`: the format lets no colon through.
    spec: spec.replace('.', ':'),
    launcher,
    session: name,
  };
}

const PANE_ROW = new RegExp(
  [
    /^P\|\$(?<id>\d+)\|%(?<pane>\d+)\|(?<pid>\d+)\|(?<attached>\d*)\|(?<dead>\d*)/,
    /\|(?<owner>[^|]*)\|(?<spec>[^|]*)\|(?<launcher>[^|]*)\|(?<name>.*)$/,
  ]
    .map(({ source }) => source)
    .join(''),
  's',
);
