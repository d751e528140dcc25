import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/harness.ts';
import { sh } from '../support/process.ts';

/** A real user manager of one test, in a unit of the one that the tests run beside: this one may end and come back. */
export interface OwnManager {
  readonly home: string;
  /** What does not outlive a boot. */
  readonly runtime: string;
  /** As systemd starts it for a user with linger: everything that is enabled comes up. */
  readonly boot: () => Promise<void>;
  /** Its units are stopped in order. */
  readonly shutDown: () => Promise<void>;
  /** Every process of it is killed in the same moment, as far as anybody can tell. */
  readonly cutPower: () => Promise<void>;
  /** Ends it, removes its files, and gives the test its environment back. */
  readonly destroy: () => Promise<void>;
}

/** Makes the places of a manager, and makes this test, with all it starts from here on, live with it. */
export function ownManager(): OwnManager {
  const root = mkdtempSync(join(tmpdir(), 'mosaic-manager-'));
  const [home, runtime] = [join(root, 'home'), join(root, 'run')];
  const { HOME, XDG_RUNTIME_DIR, DBUS_SESSION_BUS_ADDRESS } = process.env;
  const outer = { HOME, XDG_RUNTIME_DIR, DBUS_SESSION_BUS_ADDRESS };
  const own = { HOME: home, XDG_RUNTIME_DIR: runtime, DBUS_SESSION_BUS_ADDRESS: `unix:path=${runtime}/bus` };
  const unit = `own-manager-${process.pid}.service`;
  for (const directory of [home, runtime]) mkdirSync(directory, { mode: 0o700 });
  Object.assign(process.env, own);
  const outside = async (...argv: readonly string[]): Promise<void> => {
    await sh(['systemctl', '--user', ...argv], { env: outer });
  };
  const isGone = async (): Promise<boolean> => {
    const { stdout } = await sh(['systemctl', '--user', 'show', '-P', 'ActiveState', unit], { env: outer });
    return /^(inactive|failed)$/.test(stdout.trim());
  };
  const over = async (): Promise<void> => {
    await eventually(isGone, { timeoutMs: 60_000 });
    await outside('reset-failed', unit);
  };
  return {
    home,
    runtime,
    boot: async () => {
      const settings = [
        '-p',
        'Delegate=yes',
        // As user@.service has it: only the manager is asked to end, and asks its units in their order.
        '-p',
        'KillMode=mixed',
        ...Object.entries(own).map(([name, value]) => `--setenv=${name}=${value}`),
      ];
      const manager = ['/lib/systemd/systemd', '--user'];
      await sh(['systemd-run', '--user', '--quiet', `--unit=${unit}`, ...settings, ...manager], { env: outer });
      await eventually(
        async () => /^(running|degraded)$/.test((await sh(['systemctl', '--user', 'is-system-running'])).stdout.trim()),
        { timeoutMs: 60_000 },
      );
    },
    shutDown: async () => {
      await outside('stop', unit);
      await over();
    },
    cutPower: async () => {
      await outside('kill', '--signal=KILL', '--kill-who=all', unit);
      await over();
    },
    destroy: async () => {
      await outside('stop', unit);
      Object.assign(process.env, outer);
      rmSync(root, { recursive: true, force: true });
    },
  };
}
