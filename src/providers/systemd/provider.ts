import { FleetError } from '../../model/error.ts';
import type { ReadPort } from '../../model/host.ts';
import { fleetUnits } from '../../model/names.ts';
import type { Provider, Scope } from '../../model/provider.ts';
import type { ProviderObservation } from '../../model/resource.ts';
import { applyUnits } from './apply.ts';
import { observeUnits, unknownUnits } from './observe.ts';
import { desiredUnits } from './spec.ts';

const NOTHING: ProviderObservation = { items: {}, complete: true, errors: [], facts: {} };

/** Without systemd as supervisor the manager is asked only when units of this fleet are left from before. */
function isInstalled({ files }: ReadPort, { host, fleet }: Scope): boolean {
  const { server } = fleetUnits(fleet);
  return [host.unitDirs.preferred, host.unitDirs.fallback].some(
    (directory) => files.stat(`${directory}/${server}`) !== undefined,
  );
}

/** Units, drop-ins, enable links, and the starting and stopping of what they describe. */
export const systemdProvider: Provider = {
  name: 'systemd',
  desired: desiredUnits,
  async observe(port, scope) {
    if (scope.supervisor === 'tmux' && !isInstalled(port, scope)) return NOTHING;
    try {
      return await observeUnits(port, scope);
    } catch (error) {
      if (!(error instanceof FleetError)) throw error;
      return unknownUnits(scope, { code: error.code, message: error.message });
    }
  },
  apply: applyUnits,
};
