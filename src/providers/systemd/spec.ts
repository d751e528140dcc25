import type { Agent, Fleet } from '../../model/fleet.ts';
import { agentUnit, fleetUnits, type FleetName } from '../../model/names.ts';
import type { HostFacts } from '../../model/observed.ts';
import type { ChangeClass, Desired } from '../../model/resource.ts';
import { octal } from '../../host/octal.ts';
import { parseUnit, renderUnit, unitWord, type Sections } from './render.ts';

const LIVE: Readonly<Record<string, ChangeClass>> = { Unit: 'live', Service: 'live' };
const DROP_IN = '50-mosaic.conf';
const UNIT_MODE = 0o644;
/** How long an agent's unit may take to come up. */
export const START_TIMEOUT_MS = 120_000;

/** The name of an agent's own settings, below the unit directory. */
export const dropInName = (fleet: FleetName, agent: string): string => `mosaic-${fleet}@${agent}.service.d/${DROP_IN}`;

/** Every unit, drop-in and enable link of the fleet. A stopped or held agent has no link, so a reboot keeps it down. */
export function desiredUnits(fleet: Fleet, host: HostFacts): readonly Desired[] {
  if (fleet.supervisor !== 'systemd') return [];
  const units = fleetUnits(fleet.name);
  const unit = (name: string, sections: Sections): Desired =>
    unitResource({ name, group: 'fleet' }, renderUnit(sections, fleet.name, host.home));
  return [
    unit(units.server, serverUnit(fleet, host)),
    unit(units.template, templateUnit(fleet, host)),
    unit(units.target, targetUnit(fleet)),
    linkResource({ name: units.target, group: 'fleet' }, `../${units.target}`),
    ...fleet.agents.flatMap((agent) => agentResources(fleet, agent, host)),
  ];
}

function agentResources(fleet: Fleet, agent: Agent, host: HostFacts): readonly Desired[] {
  const place = { group: `agent.${agent.name}`, line: agent.line };
  const dropInPlace = { name: dropInName(fleet.name, agent.name), ...place };
  const settings = { classes: LIVE, ...unitResource(dropInPlace, renderUnit(dropIn(agent), fleet.name, host.home)) };
  const held = host.holds.some((hold) => hold.agent === agent.name);
  if (held || agent.state === 'stopped') return [settings];
  const name = agentUnit(fleet.name, agent.name);
  return [settings, linkResource({ name, ...place }, `../${fleetUnits(fleet.name).template}`)];
}

interface Place {
  readonly name: string;
  readonly group: string;
  readonly line?: number;
}

function unitResource({ name, group, line }: Place, text: string): Desired {
  return {
    address: `unit.${name}`,
    group,
    provider: 'systemd',
    spec: Object.assign({}, parseUnit(text).spec, { mode: octal(UNIT_MODE), loaded: true }),
    body: { kind: 'text', text, mode: UNIT_MODE },
    ...(line === undefined ? {} : { line }),
  };
}

function linkResource({ name, group, line }: Place, target: string): Desired {
  return {
    address: `link.${name}`,
    group,
    provider: 'systemd',
    spec: { target, loaded: true },
    body: { kind: 'link', target },
    ...(line === undefined ? {} : { line }),
  };
}

function serverUnit(fleet: Fleet, { programs, home, socketPath }: HostFacts): Sections {
  const conf = unitWord(`${home}/fleets/${fleet.name}/tmux.conf`);
  const directory = socketPath.slice(0, socketPath.lastIndexOf('/'));
  const clean = '/usr/bin/env -i LANG=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin';
  return [
    [
      'Unit',
      [
        ['Description', `Mosaic tmux server (fleet ${fleet.name}, socket ${fleet.socket})`],
        ['StartLimitIntervalSec', '0'],
      ],
    ],
    [
      'Service',
      [
        ['Type', 'simple'],
        ['ExecStartPre', `/bin/mkdir -p -m 700 ${unitWord(directory)}`],
        ['ExecStart', `${clean} ${unitWord(programs.tmux)} -u -S ${unitWord(socketPath)} -f ${conf} -D`],
        ['ExecStartPost', helperCall(fleet, { programs, home }, 'wait-server')],
        ['Restart', 'always'],
        ['RestartSec', '1'],
        ['OOMPolicy', 'continue'],
      ],
    ],
  ];
}

function helperCall(fleet: Fleet, { programs, home }: Pick<HostFacts, 'programs' | 'home'>, mode: string): string {
  return `${unitWord(programs.bash)} ${unitWord(`${home}/libexec/mosaic-agent`)} ${mode} ${unitWord(`${home}/fleets/${fleet.name}`)}`;
}

function templateUnit(fleet: Fleet, host: HostFacts): Sections {
  const units = fleetUnits(fleet.name);
  const pidFile = `%t/mosaic-${fleet.name}@%i.pid`;
  return [
    [
      'Unit',
      [
        ['Description', `Mosaic agent %i (fleet ${fleet.name})`],
        ['Requires', units.server],
        ['After', units.server],
        ['PartOf', units.target],
      ],
    ],
    [
      'Service',
      [
        ['Type', 'forking'],
        ['PIDFile', pidFile],
        ['NotifyAccess', 'all'],
        ['KillMode', 'mixed'],
        ['Delegate', 'yes'],
        ['ExecStart', `${helperCall(fleet, host, 'run')} %i ${pidFile}`],
        ['ExecStopPost', `${helperCall(fleet, host, 'clean')} %i`],
        ['RestartPreventExitStatus', '72 73'],
        ['TimeoutStartSec', String(START_TIMEOUT_MS / 1000)],
      ],
    ],
    ['Install', [['WantedBy', units.target]]],
  ];
}

function targetUnit(fleet: Fleet): Sections {
  const units = fleetUnits(fleet.name);
  return [
    [
      'Unit',
      [
        ['Description', `Mosaic fleet ${fleet.name}`],
        ['Wants', units.server],
      ],
    ],
    ['Install', [['WantedBy', 'default.target']]],
  ];
}

const RESTART: Readonly<Record<Agent['restart']['policy'], string>> = {
  always: 'always',
  'on-failure': 'on-failure',
  never: 'no',
};

function dropIn({ restart, stop, limits }: Agent): Sections {
  const optional = (key: string, value: string | number | undefined): readonly [string, string][] =>
    value === undefined ? [] : [[key, String(value)]];
  return [
    [
      'Unit',
      [
        ['StartLimitIntervalSec', `${restart.windowMs}ms`],
        ['StartLimitBurst', String(restart.burst)],
      ],
    ],
    [
      'Service',
      [
        ['Restart', RESTART[restart.policy]],
        ['RestartSec', `${restart.delayMs}ms`],
        ['TimeoutStopSec', `${stop.timeoutMs}ms`],
        ...optional('MemoryMax', limits.memoryMax),
        ...optional('CPUQuota', limits.cpuQuota),
        ...optional('TasksMax', limits.tasksMax),
      ],
    ],
  ];
}
