import { FleetError } from '../../model/error.ts';
import type { ReadPort } from '../../model/host.ts';
import { fleetUnits } from '../../model/names.ts';
import type { Provider, Scope } from '../../model/provider.ts';
import type { ProviderObservation } from '../../model/resource.ts';
import { applyUnits } from './apply.ts';
import { observeUnits, reloadMarkName, unknownUnits } from './observe.ts';
import { desiredUnits } from './spec.ts';

const NOTHING: ProviderObservation = { items: {}, complete: true, errors: [], facts: {} };

/**
 * Without systemd as supervisor the manager is asked only when units of this fleet are left from before. Any of them
 * tells so: a crash in the middle of a removal leaves some.
 */
function isInstalled({ files }: ReadPort, { host, fleet }: Scope): boolean {
  const { server, template, target } = fleetUnits(fleet);
  return [host.unitDirs.preferred, host.unitDirs.fallback].some((directory) =>
    [server, template, target, reloadMarkName(fleet)].some((name) => files.stat(`${directory}/${name}`) !== undefined),
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
