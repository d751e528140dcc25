import { describe, expect, it } from '@jest/globals';
import type { Exec } from '../../src/model/host.ts';
import { serviceNotifier } from '../../src/host/service-notify.ts';
import { eventually } from './support/place.ts';

const env = { NOTIFY_SOCKET: '/run/notify', HOME: '/home/a' };

interface Told {
  readonly exec: Exec;
  readonly argvs: (readonly string[])[];
  readonly environments: unknown[];
  /** Ends the call that is under way. */
  readonly end: (how?: Error) => void;
}

/** Takes calls, each of which lasts until it is ended. */
function listener(): Told {
  const waiting: ((how?: Error) => void)[] = [];
  const told: Told = {
    argvs: [],
    environments: [],
    exec: (argv, options) =>
      new Promise((resolve, reject) => {
        told.argvs.push(argv);
        told.environments.push(options.env);
        waiting.push((how) => (how === undefined ? resolve({ exitCode: 0, stdout: '', stderr: '' }) : reject(how)));
      }),
    end: (how) => waiting.shift()?.(how),
  };
  return told;
}

describe('serviceNotifier', () => {
  it('tells nothing outside a service', () => {
    const { exec, argvs } = listener();
    for (const notifier of [serviceNotifier(exec, {}), serviceNotifier(exec, { NOTIFY_SOCKET: '' })]) {
      notifier.ready('up');
      notifier.status('well');
      notifier.stopping();
    }
    expect(argvs).toEqual([]);
  });

  it('tells that it is up with its first line, through the socket of the service and with nothing else', () => {
    const { exec, argvs, environments } = listener();
    serviceNotifier(exec, env).ready('3 agents as the manifest says');
    expect(argvs).toEqual([['systemd-notify', 'READY=1', 'STATUS=3 agents as the manifest says']]);
    expect(environments).toEqual([{ NOTIFY_SOCKET: '/run/notify' }]);
  });

  it('tells one thing after the other, and of several lines in a row the last', async () => {
    const { exec, argvs, end } = listener();
    const notifier = serviceNotifier(exec, env);
    notifier.ready('first');
    for (const text of ['second', 'third', 'fourth']) notifier.status(text);
    expect(argvs).toHaveLength(1);
    end();
    await eventually(() => argvs.length === 2);
    expect(argvs[1]).toEqual(['systemd-notify', 'STATUS=fourth']);
    notifier.stopping();
    end();
    await eventually(() => argvs.length === 3);
    expect(argvs[2]).toEqual(['systemd-notify', 'STOPPING=1']);
  });

  it('goes on after a call that failed', async () => {
    const { exec, argvs, end } = listener();
    const notifier = serviceNotifier(exec, env);
    notifier.status('first');
    notifier.status('second');
    end(new Error('systemd-notify is not installed'));
    await eventually(() => argvs.length === 2);
  });

  it('lets no text say more than a line of status', () => {
    const { exec, argvs } = listener();
    serviceNotifier(exec, env).status(`well\nMAINPID=1\r\u0000\u0085${'x'.repeat(1000)}`);
    const [, line = ''] = argvs[0] ?? [];
    expect(line.startsWith('STATUS=well MAINPID=1 xxx')).toBe(true);
    expect(line).not.toMatch(/[\u0000-\u001f\u0085]/);
    expect(line.length).toBeLessThan(500);
  });
});
