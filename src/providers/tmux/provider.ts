import { FleetError } from '../../model/error.ts';
import type { Fleet } from '../../model/fleet.ts';
import type { HostFacts } from '../../model/observed.ts';
import type { Provider } from '../../model/provider.ts';
import { observeSessions, unknownSessions } from './observe.ts';
import { desiredSessions, type Started } from './spec.ts';

/** Tells what an agent's launch data holds, without this provider knowing the files provider. */
export type StartedWith = (fleet: Fleet, host: HostFacts) => (agent: string) => Started;

/** The server on the fleet's socket and the agents' sessions. */
export const tmuxProvider = (startedWith: StartedWith): Provider => ({
  name: 'tmux',
  desired: (fleet, host) => desiredSessions(fleet, host, startedWith(fleet, host)),
  async observe(port, scope) {
    try {
      return await observeSessions(port, scope);
    } catch (error) {
      if (!(error instanceof FleetError)) throw error;
      return unknownSessions(scope, { code: error.code, message: error.message });
    }
  },
  apply: async (...step) => (await import('./apply.ts')).applySessions(...step),
});
