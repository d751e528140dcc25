import type { Exec } from '../model/host.ts';
import type { Environment } from './environment.ts';

/** Tells systemd how a service is (sd_notify(3)). Calls return at once and never fail; what cannot be told is left out. */
export interface ServiceNotifier {
  /** Start-up is over. */
  readonly ready: (status: string) => void;
  /** The line that `systemctl status` shows. Of several in a row only the last is sure to be told. */
  readonly status: (text: string) => void;
  readonly stopping: () => void;
}

const TELL_MS = 5000;
/** The manager ignores datagrams beyond its own limit; a line is to be read at a glance. */
const MAX_STATUS = 400;

/**
 * Node has no datagram sockets of the unix kind, so `systemd-notify` tells it: the unit needs `NotifyAccess=all`. Does
 * nothing outside a unit of `Type=notify`.
 */
export function serviceNotifier(exec: Exec, env: Environment): ServiceNotifier {
  const socket = env['NOTIFY_SOCKET'] ?? '';
  const waiting = new Map<string, string>();
  let busy = false;
  const tellAll = async (): Promise<void> => {
    busy = true;
    while (waiting.size > 0) {
      const words = [...waiting].map(([name, value]) => `${name}=${value}`);
      waiting.clear();
      await exec(['systemd-notify', ...words], { timeoutMs: TELL_MS, env: { NOTIFY_SOCKET: socket } }).catch(ignored);
    }
    busy = false;
  };
  const tell = (facts: Readonly<Record<string, string>>): void => {
    if (socket === '') return;
    for (const [name, value] of Object.entries(facts)) waiting.set(name, value);
    if (!busy) void tellAll();
  };
  return {
    ready: (status) => tell({ READY: '1', STATUS: oneLine(status) }),
    status: (text) => tell({ STATUS: oneLine(text) }),
    stopping: () => tell({ STOPPING: '1' }),
  };
}

/** The service goes on as it does when nobody asks how it is. */
const ignored = (): void => undefined;

/** A line break would begin another message: `MAINPID=1`, say. */
const oneLine = (text: string): string => text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').slice(0, MAX_STATUS);
