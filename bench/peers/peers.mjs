// What each tool is told, so that all keep the same fleet: N programs that write their pid and sleep.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CLI = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'bin/mosaic.js');
const ROOT = join(process.env.HOME, 'peers');
export const PIDS = join(ROOT, 'pids');
const LINE = (at) => `echo $$ > ${PIDS}/${at}; exec sleep infinity`;
const numbers = (count) => Array.from({ length: count }, (_, at) => at + 1);

const file = (tool, name, text) => {
  mkdirSync(join(ROOT, tool), { recursive: true, mode: 0o700 });
  writeFileSync(join(ROOT, tool, name), text, { mode: 0o600 });
};

const version = (argv, pattern = /\d+\.\d+(\.\d+)?\w*/) => {
  const { stdout, status } = spawnSync(argv[0], argv.slice(1), { encoding: 'utf8' });
  return status === 0 ? pattern.exec(stdout)?.[0] : undefined;
};

const tmux = (tool, ...words) => ['tmux', '-S', join(ROOT, tool, 'socket'), ...words];
const mosaic = (...words) => [process.execPath, CLI, 'fleet', ...words, '--home', join(ROOT, 'mosaic')];

/** Each tool by the commands a person would type. What it has none for is left out, and the table says so. */
export const PEERS = [
  {
    name: 'mosaic',
    version: () => version([process.execPath, CLI, '--version']),
    prepare: (count) =>
      file(
        'mosaic',
        'fleet.yaml',
        JSON.stringify({
          apiVersion: 'mosaic/v1alpha1',
          kind: 'Fleet',
          metadata: { name: 'peers' },
          spec: {
            tmux: { socket: 'peers' },
            agentDefaults: { restart: { delay: '0ms', burst: 100, window: '60s' } },
            agents: Object.fromEntries(numbers(count).map((at) => [`worker-${at}`, { shell: LINE(at) }])),
          },
        }),
      ),
    up: mosaic('apply', '--yes'),
    again: mosaic('apply', '--yes'),
    check: mosaic('plan'),
    status: mosaic('status'),
    down: mosaic('destroy', '--yes'),
    restarts: true,
    // The helper and the wrapper of each agent; systemd and tmux would run without mosaic as well.
    keepers: /mosaic-agent/,
  },
  {
    name: 'tmuxp',
    note: '`load` of a session that is there attaches to it and compares nothing; an ended window is gone',
    version: () => version(['tmuxp', '--version']),
    prepare: (count) =>
      file(
        'tmuxp',
        'fleet.json',
        JSON.stringify({
          session_name: 'peers',
          windows: numbers(count).map((at) => ({
            window_name: `worker-${at}`,
            window_shell: `sh -c '${LINE(at)}'`,
            panes: [null],
          })),
        }),
      ),
    up: ['tmuxp', 'load', '-d', '-y', '-S', join(ROOT, 'tmuxp/socket'), join(ROOT, 'tmuxp/fleet.json')],
    again: ['tmuxp', 'load', '-d', '-y', '-S', join(ROOT, 'tmuxp/socket'), join(ROOT, 'tmuxp/fleet.json')],
    status: tmux('tmuxp', 'list-windows', '-a'),
    down: tmux('tmuxp', 'kill-server'),
  },
  {
    name: 'pm2',
    note: '`start` of a fleet that runs restarts all of it: that is no run without a change',
    version: () => version(['pm2', '--version'], /\d+\.\d+\.\d+$/m),
    prepare: (count) =>
      file(
        'pm2',
        'fleet.json',
        JSON.stringify({
          apps: numbers(count).map((at) => ({
            name: `worker-${at}`,
            script: '/bin/sh',
            args: ['-c', LINE(at)],
            interpreter: 'none',
            restart_delay: 0,
          })),
        }),
      ),
    up: ['pm2', 'start', join(ROOT, 'pm2/fleet.json')],
    again: ['pm2', 'start', join(ROOT, 'pm2/fleet.json')],
    status: ['pm2', 'jlist'],
    down: ['pm2', 'kill'],
    restarts: true,
    keepers: /God Daemon|PM2 v/,
  },
  {
    name: 'ansible',
    note: 'one unit file per program and the systemd module, scope user; restarts are systemd’s own',
    version: () => version(['ansible-playbook', '--version'], /\d+\.\d+\.\d+/),
    prepare: (count) => {
      const restart = '[Service]\nRestart=always\nRestartSec=0\nStartLimitIntervalSec=0\n';
      file(
        'ansible',
        'fleet.json',
        JSON.stringify([
          {
            hosts: 'localhost',
            connection: 'local',
            gather_facts: false,
            tasks: numbers(count).flatMap((at) => [
              {
                copy: {
                  dest: `${process.env.HOME}/.config/systemd/user/peer-${at}.service`,
                  content: `${restart}ExecStart=/bin/sh -c 'echo $$$$ > ${PIDS}/${at}; exec sleep infinity'\n`,
                },
              },
              { systemd: { name: `peer-${at}`, scope: 'user', state: 'started', daemon_reload: at === 1 } },
            ]),
          },
        ]),
      );
      mkdirSync(join(process.env.HOME, '.config/systemd/user'), { recursive: true });
    },
    up: ['ansible-playbook', join(ROOT, 'ansible/fleet.json')],
    again: ['ansible-playbook', join(ROOT, 'ansible/fleet.json')],
    check: ['ansible-playbook', '--check', '--diff', join(ROOT, 'ansible/fleet.json')],
    status: ['systemctl', '--user', 'list-units', 'peer-*'],
    down: ['sh', '-c', "systemctl --user stop 'peer-*'; rm -f ~/.config/systemd/user/peer-*"],
    restarts: true,
  },
];

/** A clean place for every fleet. */
export function reset() {
  rmSync(ROOT, { recursive: true, force: true });
  mkdirSync(PIDS, { recursive: true, mode: 0o700 });
}

export const ENV = { ...process.env, PM2_HOME: join(ROOT, 'pm2/home'), ANSIBLE_LOCALHOST_WARNING: 'false' };
