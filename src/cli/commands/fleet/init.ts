import { FleetError } from '../../../model/error.ts';
import { isAgentName, isFleetName, isSocketName } from '../../../model/names.ts';
import { manifestPath } from '../../../host/places.ts';
import { openPlace, type Place } from '../../context.ts';
import type { NewAgent } from '../../new-manifest.ts';
import { createOutput, type CommonOptions } from '../../options.ts';
import { fileWriter } from '../../write-port.ts';
import { packageDirectory } from '../../providers.ts';
import { freeSocket } from '../../free-socket.ts';
import { splitWords } from '../../words.ts';

export interface InitOptions extends CommonOptions {
  readonly fleet?: string;
  readonly socket?: string;
  readonly agent?: readonly string[];
}

/** Writes a first manifest. An existing one is left alone (4). */
export async function run(options: InitOptions): Promise<number> {
  const output = createOutput(options);
  const place = await openPlace(options);
  const fleet = options.fleet ?? 'canary';
  if (!isFleetName(fleet))
    throw new FleetError('E_USAGE', `${JSON.stringify(fleet)} is no fleet name`, {
      hint: 'Lower-case letters, digits and single hyphens, at most 32, a letter first.',
    });
  const path = manifestPath({ flag: options.manifest, env: place.env, home: place.home, cwd: process.cwd() });
  if (place.read.files.stat(path) !== undefined)
    throw new FleetError('E_EXISTS', `${path} is there already and was left alone`);
  const agents = parseAgents(options.agent ?? []);
  const socket = options.socket ?? freeSocket(place, fleet);
  if (!isSocketName(socket))
    throw new FleetError('E_USAGE', `${JSON.stringify(socket)} is no socket name`, {
      hint: 'Letters, digits, - and _; never `default`, which is your own tmux.',
    });
  const { manifestText } = await import('../../new-manifest.ts');
  const written = manifestText({
    fleet,
    socket,
    agents,
    env: place.env,
    cwd: process.cwd(),
    userHome: place.identity.home,
    schema: `${packageDirectory()}/manifests/schema/fleet.schema.json`,
  });
  write(place, path, written.text);
  output.data({ formatVersion: '1.0', manifest: path, fleet, socket, agents: agents.map(({ name }) => name) });
  output.text(nextSteps({ path, place, agents, notes: written.notes }));
  return 0;
}

function write(place: Place, path: string, text: string): void {
  const writer = fileWriter();
  if (path.startsWith(`${place.home}/`)) writer.makeDirectory(place.home, 0o700);
  writer.makeDirectory(path.slice(0, path.lastIndexOf('/')), 0o700);
  writer.write(path, text, 0o600);
}

function parseAgents(texts: readonly string[]): readonly NewAgent[] {
  const agents = texts.map(parseAgent);
  const at = agents.findIndex(({ name }, here) => agents.findIndex((one) => one.name === name) < here);
  const twice = agents[at];
  if (twice === undefined) return agents;
  const both = texts.filter((_, here) => agents[here]?.name === twice.name).map((text) => JSON.stringify(text));
  throw new FleetError('E_USAGE', `--agent names ${twice.name} more than once: ${both.join(' and ')}`, {
    hint: 'Give each agent a name of its own.',
  });
}

function parseAgent(text: string): NewAgent {
  const at = text.indexOf('=');
  const name = at < 0 ? text : text.slice(0, at);
  if (at < 0) throw new FleetError('E_USAGE', `--agent takes NAME=COMMAND, not ${JSON.stringify(text)}`);
  if (!isAgentName(name))
    throw new FleetError('E_USAGE', `${JSON.stringify(name)} is no agent name`, {
      hint: 'Lower-case letters, digits and single hyphens, at most 48, a letter first.',
    });
  const words = splitWords(text.slice(at + 1));
  if ('problem' in words)
    throw new FleetError('E_USAGE', `the command of ${name} ${words.problem}`, { hint: words.hint });
  if (words.words.length === 0) throw new FleetError('E_USAGE', `the command of ${name} is empty`);
  return { name, command: words.words };
}

interface Written {
  readonly path: string;
  readonly place: Place;
  readonly agents: readonly NewAgent[];
  readonly notes: readonly string[];
}

function nextSteps({ path, place, agents, notes }: Written): string {
  const edit =
    agents.length === 0
      ? `Edit it: it shows an example of an agent, commented out.`
      : `It has ${agents.map(({ name }) => name).join(', ')}.`;
  return [
    `Wrote ${path}. ${edit}`,
    ...notes,
    `Keys go into files of mode 0600 below ${place.home}/secrets, named by \`envFiles:\`; never into the manifest.`,
    'Next:  mosaic fleet plan     shows what would be done',
    '       mosaic fleet apply    does it',
  ].join('\n');
}
