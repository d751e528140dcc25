import { argvOf, expandHome, restoreSizes, serverOptions, type Agent, type Fleet } from '../../model/fleet.ts';
import type { HostFacts } from '../../model/observed.ts';
import type { Desired } from '../../model/resource.ts';
import { sha256, shortHash } from '../../host/digest.ts';
import { octal } from '../../host/octal.ts';
import { LAUNCH_CLASSES, launchDocument, renderLaunch, type Launch } from './launch.ts';
import { renderItems, shellWord, withMark } from './render.ts';

/** The texts that come with this version of mosaic. */
export interface Assets {
  /** The helper scripts that are installed below `libexec`, by file name. */
  readonly helpers: Readonly<Record<string, string>>;
}

/** Every file a fleet needs below the Mosaic home: scripts, the tmux configuration, launch data. */
export function desiredFiles(fleet: Fleet, host: HostFacts, assets: Assets): readonly Desired[] {
  const directory = `fleets/${fleet.name}`;
  return [
    ...Object.entries(assets.helpers).map(([name, text]) => textFile(`libexec/${name}`, withMark(text, 'home'), 0o700)),
    textFile('bin/mosaic', withMark(commandScript(host), 'home'), 0o700),
    textFile(`${directory}/server`, serverFile(fleet, host), 0o600),
    textFile(`${directory}/tmux.conf`, withMark(tmuxConf(fleet), fleet.name), 0o600),
    ...[...launchesOf(fleet, host, assets)].map(([agent, launch]) => launchFile(fleet, agent, launch)),
  ];
}

function textFile(name: string, text: string, mode: number): Desired {
  return {
    address: `file.${name}`,
    group: 'fleet',
    provider: 'files',
    spec: { sha256: sha256(text), mode: octal(mode) },
    body: { kind: 'text', text, mode },
  };
}

/** `H/bin/mosaic`: the same mosaic that installed the fleet, for people and for agents. */
const commandScript = ({ programs, home }: HostFacts): string =>
  `#!/bin/sh
[ -n "\${MOSAIC_HOME-}" ] || MOSAIC_HOME=${shellWord(home)}
export MOSAIC_HOME
exec ${shellWord(programs.node)} ${shellWord(programs.cli)} "$@"
`;

function serverFile(fleet: Fleet, host: HostFacts): string {
  return renderItems('server', fleet.name, [
    `home=${host.home}`,
    `userhome=${host.user.home}`,
    `supervisor=${fleet.supervisor}`,
    `tmux=${host.programs.tmux}`,
    `socket=${host.socketPath}`,
    `size=${fleet.size}`,
    `uid=${host.user.uid}`,
    `unit=mosaic-${fleet.name}`,
  ]);
}

/** The one configuration the fleet's server loads; the user's own is never read. */
function tmuxConf(fleet: Fleet): string {
  const options = Object.entries(serverOptions(fleet)).map(([name, value]) => `set -g ${name} '${value}'`);
  // Under systemd its unit tells whose it is.
  const mark = fleet.supervisor === 'tmux' ? `set -s @mosaic_fleet '${fleet.name}'\n` : '';
  return `${mark}set -s exit-empty off
set -s escape-time 0
set -s set-clipboard off
set -g remain-on-exit off
set -g destroy-unattached off
set -g update-environment ''
set -g default-terminal tmux-256color
set -g default-shell /bin/sh
set -g allow-rename off
set -g history-limit ${fleet.historyLimit}
set -g default-size ${fleet.size}
set-hook -g client-detached '${restoreSizes(fleet.size)}'
${options.join('\n')}
set-environment -g MOSAIC_FLEET '${fleet.name}'
set-environment -g PATH '/usr/local/bin:/usr/bin:/bin'
`;
}

function launchFile(fleet: Fleet, agent: Agent, launch: Launch): Desired {
  const mode = 0o600;
  return {
    address: `launch.${agent.name}`,
    group: `agent.${agent.name}`,
    provider: 'files',
    spec: launchDocument(launch, octal(mode)),
    classes: LAUNCH_CLASSES,
    body: { kind: 'text', text: renderLaunch(`${fleet.name}/${agent.name}`, launch), mode },
    line: agent.line,
  };
}

type Launches = ReadonlyMap<Agent, Launch>;

const known = new WeakMap<HostFacts, { readonly fleet: Fleet; readonly assets: Assets; readonly launches: Launches }>();

/** What each agent is started with on this machine; within one look it is asked for twice. */
function launchesOf(fleet: Fleet, host: HostFacts, assets: Assets): Launches {
  const last = known.get(host);
  if (last?.fleet === fleet && last.assets === assets) return last.launches;
  const launcher = launcherHash(fleet, assets);
  const launches = new Map(fleet.agents.map((agent) => [agent, launchOf(fleet, agent, { host, launcher })]));
  known.set(host, { fleet, assets, launches });
  return launches;
}

/** Tells another provider what each agent is started with, without either knowing the other. */
export const startedWith =
  (assets: Assets) =>
  (fleet: Fleet, host: HostFacts): ((agent: string) => Pick<Launch, 'spec' | 'launcher'>) => {
    const launches = new Map([...launchesOf(fleet, host, assets)].map(([{ name }, launch]) => [String(name), launch]));
    return (agent) => launches.get(agent) ?? { spec: '', launcher: '' };
  };

interface LaunchPlace {
  readonly host: HostFacts;
  readonly launcher: string;
}

/** `spec` is the hash of what only a restart can change. */
function launchOf(fleet: Fleet, agent: Agent, { host, launcher }: LaunchPlace): Launch {
  const home = host.user.home;
  const command = argvOf(agent).map((item, at) => (at === 0 ? expandHome(item, home) : item));
  const workingDirectory = expandHome(agent.workingDirectory, home);
  const path = [...agent.path.map((directory) => expandHome(directory, home)), `${host.home}/bin`].join(':');
  const envFiles = agent.envFiles.map((file) => expandHome(file, home));
  const restartFields = { command, workingDirectory, path, env: sortedEntries(agent.env), envFiles };
  // No spread: so many fields behind one take V8 twenty times the room.
  return {
    spec: `v1:${shortHash(JSON.stringify(restartFields))}`,
    launcher,
    command,
    resume: agent.resume,
    workingDirectory,
    path,
    base: baseEnvironment(fleet, agent, host),
    env: agent.env,
    envFiles,
    description: agent.description,
    labels: agent.labels,
    adapter: agent.adapter,
    updatePolicy: agent.updatePolicy,
    restart: agent.restart.policy,
    protect: agent.protect,
    stop: Math.max(1, Math.ceil(agent.stop.timeoutMs / 1000)),
  };
}

const sortedEntries = (record: Readonly<Record<string, string>>): readonly (readonly [string, string])[] =>
  Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1));

/** What every agent takes at its next start: our helper, the history limit and the size. */
const launcherHash = (fleet: Fleet, { helpers }: Assets): string =>
  shortHash([...Object.values(helpers), fleet.historyLimit, fleet.size].join('\0'));

const baseEnvironment = (fleet: Fleet, agent: Agent, { user, home }: HostFacts): Readonly<Record<string, string>> => ({
  HOME: user.home,
  USER: user.name,
  LOGNAME: user.name,
  SHELL: user.shell,
  LANG: 'C.UTF-8',
  TERM: 'tmux-256color',
  COLORTERM: 'truecolor',
  MOSAIC_FLEET: fleet.name,
  MOSAIC_AGENT: agent.name,
  MOSAIC_HOME: home,
});
