import { describe, expect, it } from '@jest/globals';
import { complaints, fleetOf, manifest, parse, withAgent } from './support.ts';

describe('a manifest that says little', () => {
  it('gets the documented value for every field', () => {
    const fleet = fleetOf(
      'apiVersion: mosaic/v1alpha1\nkind: Fleet\nspec:\n  agents:\n    coder:\n      command: [codex]\n',
    );
    expect(fleet).toEqual({
      name: 'canary',
      socket: 'mosaic-factory',
      tmpdir: undefined,
      historyLimit: 20_000,
      size: '200x50',
      options: {},
      notify: [],
      supervisor: 'systemd',
      agentsMayManage: false,
      adapters: {},
      agents: [
        {
          name: 'coder',
          description: '',
          labels: {},
          program: { kind: 'command', argv: ['codex'] },
          workingDirectory: '~',
          path: ['~/.local/bin', '/usr/local/bin', '/usr/bin', '/bin'],
          env: {},
          envFiles: [],
          state: 'running',
          restart: { policy: 'on-failure', delayMs: 2000, burst: 5, windowMs: 60_000 },
          stop: { timeoutMs: 15_000 },
          limits: {},
          updatePolicy: 'when-idle',
          resume: [],
          adapter: 'codex',
          protect: false,
          line: 5,
        },
      ],
    });
  });

  it.each([
    ['command: [/usr/bin/claude, -p]', 'claude'],
    ['command: ["odd name"]', 'default'],
    ['shell: codex --full-auto', 'default'],
    ['command: [codex]\nadapter: opencode', 'opencode'],
  ])('derives the adapter of `%s` as %s', (fields, adapter) => {
    expect(fleetOf(withAgent(fields)).agents[0]?.adapter).toBe(adapter);
  });
});

describe('a manifest that says everything', () => {
  it('keeps every value', () => {
    const fleet = fleetOf(`apiVersion: mosaic/v1alpha1
kind: Fleet
metadata: { name: other }
spec:
  tmux: { socket: Sock_1, tmpdir: /run/x, historyLimit: 0, size: 80x24, options: { prefix: C-a, mouse: on, mode-keys: vi, status: off } }
  notify: [notify-send, mosaic]
  supervisor: systemd
  agentsMayManage: true
  adapters: { codex: { submitDelay: 300ms, submitKey: Enter, idle: '^>', busy: [esc, stop], dialog: 'y/n', setup: login } }
  agents:
    coder:
      description: writes
      labels: { role: coder }
      shell: "one\\n\\ttwo"
      workingDirectory: ~/src
      path: ['~', /bin]
      env: { A: "b\\nc" }
      envFiles: [~/a.env]
      state: stopped
      restart: { policy: never, delay: 100ms, burst: 1, window: 1h }
      stop: { timeout: 2m }
      limits: { memoryMax: 4G, cpuQuota: 200%, tasksMax: 512 }
      updatePolicy: manual
      resume: [codex, resume]
      adapter: codex
      protect: true
`);
    expect(fleet).toMatchObject({
      name: 'other',
      socket: 'Sock_1',
      tmpdir: '/run/x',
      historyLimit: 0,
      size: '80x24',
      options: { prefix: 'C-a', mouse: 'on', 'mode-keys': 'vi', status: 'off' },
      notify: ['notify-send', 'mosaic'],
      agentsMayManage: true,
      adapters: { codex: { submitDelayMs: 300, setup: ['login'], busy: ['esc', 'stop'] } },
    });
    expect(fleet.agents[0]).toEqual({
      name: 'coder',
      description: 'writes',
      labels: { role: 'coder' },
      program: { kind: 'shell', text: 'one\n\ttwo' },
      workingDirectory: '~/src',
      path: ['~', '/bin'],
      env: { A: 'b\nc' },
      envFiles: ['~/a.env'],
      state: 'stopped',
      restart: { policy: 'never', delayMs: 100, burst: 1, windowMs: 3_600_000 },
      stop: { timeoutMs: 120_000 },
      limits: { memoryMax: '4G', cpuQuota: '200%', tasksMax: 512 },
      updatePolicy: 'manual',
      resume: ['codex', 'resume'],
      adapter: 'codex',
      protect: true,
      line: 11,
    });
  });
});

describe('agentDefaults', () => {
  const defaults = `agentDefaults:
  command: [codex, --shared]
  labels: { role: worker, team: blue }
  env: { A: default, B: default }
  envFiles: [/default.env]
  restart: { policy: always, burst: 2 }
  limits: { memoryMax: 1G }
`;

  it('merges maps key by key, and lets lists and scalars of the agent replace', () => {
    const source = `${defaults}agents:\n  a:\n    labels: { role: lead }\n    env: { B: own, C: own }\n    envFiles: [/own.env]\n    restart: { burst: 3 }\n    limits: { tasksMax: 9 }\n    workingDirectory: /a\n`;
    expect(fleetOf(manifest(source)).agents[0]).toMatchObject({
      program: { kind: 'command', argv: ['codex', '--shared'] },
      labels: { role: 'lead', team: 'blue' },
      env: { A: 'default', B: 'own', C: 'own' },
      envFiles: ['/own.env'],
      restart: { policy: 'always', delayMs: 2000, burst: 3, windowMs: 60_000 },
      limits: { memoryMax: '1G', tasksMax: 9 },
    });
  });

  it("gives way to an agent's own program of either kind", () => {
    const { agents } = fleetOf(manifest(`${defaults}agents:\n  a: { shell: make }\n  b: { command: [claude] }\n`));
    expect(agents.map(({ program }) => program)).toEqual([
      { kind: 'shell', text: 'make' },
      { kind: 'command', argv: ['claude'] },
    ]);
  });

  it('is where a mistake of its own is reported, once', () => {
    expect(
      complaints(
        manifest('agentDefaults: { env: { PATH: x } }\nagents:\n  a: { command: [x] }\n  b: { command: [x] }'),
      ),
    ).toEqual(['5:27 `PATH` cannot be set in `env`']);
  });
});

describe('agents', () => {
  it('are sorted by name and know the line of their key', () => {
    const { agents } = fleetOf(
      manifest('agents:\n  worker-2: { command: [x] }\n\n  coder:\n    command: [x]\n  worker-10: { command: [x] }'),
    );
    expect(agents.map(({ name, line }) => [name, line])).toEqual([
      ['coder', 8],
      ['worker-10', 10],
      ['worker-2', 6],
    ]);
  });

  it('arrive byte for byte, whatever their words hold', () => {
    const words = [
      '"',
      "'",
      '\\',
      '$$',
      '${X}',
      '%h',
      ';',
      'a;',
      '\\;',
      '#(x)',
      '#{pid}',
      '~',
      '',
      '-x',
      ' ',
      '\n\t',
      'é🤖',
    ];
    const { agents } = fleetOf(withAgent(`command: ${JSON.stringify(['agent', ...words])}`));
    expect(agents[0]?.program).toEqual({ kind: 'command', argv: ['agent', ...words] });
  });
});

describe('keys that mean something to JavaScript', () => {
  it('stay data', () => {
    const { agents } = fleetOf(withAgent('command: [x]\nenv: { constructor: one, toString: two }'));
    const env = agents[0]?.env ?? {};
    expect(Object.keys(env)).toEqual(['constructor', 'toString']);
    expect(Object.getPrototypeOf(env)).toBeNull();
  });

  it('pollute no prototype', () => {
    parse('__proto__: { polluted: true }\nspec: { agents: { a: { env: { __proto__: { polluted: true } } } } }');
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });
});

describe('all mistakes of a manifest', () => {
  it('are named in one run, in the order of the text, each once', () => {
    const source = manifest(
      'supervisor: launchd\nagents:\n  b: { command: x, state: paused }\n  a: { env: { PATH: /bin } }',
    );
    expect(complaints(source)).toEqual([
      '5:15 `supervisor` must be systemd or tmux, not `launchd`',
      '7:19 `command` must be a list of words such as [codex, --sandbox, workspace-write], not `x`',
      '7:29 `state` must be running or stopped, not `paused`',
      '8:5 the agent `a` has nothing to run',
      '8:17 `PATH` cannot be set in `env`',
    ]);
  });

  it('are named beside a wrong version or kind, too', () => {
    expect(complaints('apiVersion: mosaic/v2\nkind: Swarm\nspec: { robots: 1 }')).toEqual([
      '1:13 `apiVersion` must be mosaic/v1alpha1, not `mosaic/v2`',
      '2:7 `kind` must be Fleet, not `Swarm`',
      '3:1 `agents` is missing',
      '3:9 unknown key `robots`',
    ]);
    expect(complaints(withAgent('command: [x]\nenv: { PATH: /bin }').replace('v1alpha1', 'v1alpa1'))).toEqual([
      '1:13 `apiVersion` must be mosaic/v1alpha1, not `mosaic/v1alpa1`',
      '8:14 `PATH` cannot be set in `env`',
    ]);
  });

  it('leave out that a misspelt key is missing', () => {
    expect(complaints(withAgent('comand: [x]'))).toEqual(['7:7 unknown key `comand`']);
  });
});
