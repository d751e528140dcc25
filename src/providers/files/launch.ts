import { concealed, type Conceal } from '../../model/conceal.ts';
import type { ChangeClass, JsonObject } from '../../model/resource.ts';
import { parseItems, renderItems, type Items } from './render.ts';

/** Everything the helper needs to start one agent, and the marks that outlive its manifest entry. */
export interface Launch {
  readonly spec: string;
  readonly launcher: string;
  readonly command: readonly string[];
  readonly resume: readonly string[];
  readonly workingDirectory: string;
  /** The agent's PATH, joined with `:`. */
  readonly path: string;
  /** The fixed part of its environment without PATH: HOME, USER, LANG and so on. */
  readonly base: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly envFiles: readonly string[];
  readonly description: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly adapter: string;
  readonly updatePolicy: string;
  readonly restart: string;
  readonly protect: boolean;
  /** Whole seconds a stop may take, at least 1. */
  readonly stop: number;
}

/** What changing a field of the launch data means for the process that runs with the old one. */
export const LAUNCH_CLASSES: Readonly<Record<string, ChangeClass>> = {
  command: 'restart',
  workingDirectory: 'restart',
  path: 'restart',
  env: 'restart',
  envFiles: 'restart',
};

const pairs = (key: string, record: Readonly<Record<string, string>>): readonly string[] =>
  Object.keys(record)
    .toSorted()
    .map((name) => `${key}=${name}=${record[name] ?? ''}`);

/** The launch file of agent `owner` (`FLEET/AGENT`), as the helper reads it. */
export function renderLaunch(owner: string, launch: Launch): string {
  const items = [`spec=${launch.spec}`, `launcher=${launch.launcher}`, `cwd=${launch.workingDirectory}`].concat(
    launch.command.map((item) => `arg=${item}`),
    launch.resume.map((item) => `resume=${item}`),
    `base=PATH=${launch.path}`,
    pairs('base', launch.base),
    launch.envFiles.map((file) => `envfile=${file}`),
    pairs('env', launch.env),
    `description=${launch.description}`,
    pairs('label', launch.labels),
    `adapter=${launch.adapter}`,
    `updatePolicy=${launch.updatePolicy}`,
    `restart=${launch.restart}`,
    `protect=${launch.protect}`,
    `stop=${launch.stop}`,
  );
  return renderItems('launch', owner, items);
}

type Parsed = { readonly launch: Launch; readonly mark: Items } | undefined;

/** A watcher reads the same files for days: what they said is kept, up to so many of them and so long a text. */
const KEPT = 1000;
const KEPT_LENGTH = 16_384;
const known = new Map<string, Parsed>();

/** Reads a launch file back; undefined when it is not one. `parseLaunch(renderLaunch(o, x))` gives `x`. */
export function parseLaunch(text: string): Parsed {
  if (text.length > KEPT_LENGTH) return parseAnew(text);
  const seen = known.get(text);
  if (seen !== undefined) return seen;
  if (known.size >= KEPT) known.clear();
  const found = parseAnew(text);
  known.set(text, found);
  return found;
}

function parseAnew(text: string): Parsed {
  const mark = parseItems('launch', text);
  if (mark === undefined) return undefined;
  const all = (key: string): string[] => mark.items.filter(([name]) => name === key).map(([, value]) => value);
  const one = (key: string): string => all(key)[0] ?? '';
  const record = (key: string): Record<string, string> => Object.fromEntries(all(key).map(splitPair).filter(isPlain));
  const { PATH: path = '', ...base } = record('base');
  const launch: Launch = {
    spec: one('spec'),
    launcher: one('launcher'),
    command: all('arg'),
    resume: all('resume'),
    workingDirectory: one('cwd'),
    path,
    base,
    env: record('env'),
    envFiles: all('envfile'),
    description: one('description'),
    labels: record('label'),
    adapter: one('adapter'),
    updatePolicy: one('updatePolicy'),
    restart: one('restart'),
    protect: one('protect') === 'true',
    stop: Number(one('stop')),
  };
  return { launch, mark };
}

/** Only an edit by hand can have such a name, and no document may hold it. */
const isPlain = ([name]: readonly [string, string]): boolean => name !== '__proto__';

function splitPair(text: string): [string, string] {
  const at = text.indexOf('=');
  return [text.slice(0, at), text.slice(at + 1)];
}

/** The launch data as the document that plans compare: every field, and the file's mode. */
export const launchDocument = (launch: Launch, mode: string): JsonObject => ({ mode, ...launch });

/** The same launch file for people to read: what is a secret in it is concealed, and its mark fits what it now says. */
export function concealedLaunch(text: string, conceal: Conceal): string {
  const found = parseLaunch(text);
  if (found === undefined) return text;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- texts give way to texts, every field stays
  return renderLaunch(found.mark.owner, concealed({ ...found.launch }, conceal) as unknown as Launch);
}
