import { FleetError } from '../../model/error.ts';
import type { ReadPort } from '../../model/host.ts';
import { fleetUnits } from '../../model/names.ts';
import type { Provider, Scope } from '../../model/provider.ts';
import type { ProviderObservation } from '../../model/resource.ts';
import { dropInOwner, observeUnits, reloadMarkName, unknownUnits } from './observe.ts';
import { desiredUnits } from './spec.ts';

const NOTHING: ProviderObservation = { items: {}, complete: true, errors: [], facts: {} };

/**
 * Without systemd as supervisor the manager is asked only when units of this fleet are left from before. Any of them
 * tells so, an agent's settings or links too: a removal that broke off, or failed for one agent, leaves some.
 */
function isInstalled({ files }: ReadPort, { host, fleet }: Scope): boolean {
  const { server, template, target } = fleetUnits(fleet);
  const known = new Set([server, template, target, `${target}.wants`, reloadMarkName(fleet)]);
  const isOurs = (name: string): boolean => known.has(name) || dropInOwner(fleet, name) !== undefined;
  return [host.unitDirs.preferred, host.unitDirs.fallback].some(
    (directory) =>
      (files.list(directory) ?? []).some(isOurs) ||
      files.stat(`${directory}/default.target.wants/${target}`) !== undefined,
  );
}

/** Units, drop-ins, enable links, and the starting and stopping of what they describe. */
export const systemdProvider: Provider = {
  name: 'systemd',
  desired: desiredUnits,
  async observe(port, scope) {
    try {
      if (scope.supervisor === 'tmux' && !isInstalled(port, scope)) return NOTHING;
      return await observeUnits(port, scope);
    } catch (error) {
      if (!(error instanceof FleetError)) throw error;
      return unknownUnits(scope, { code: error.code, message: error.message });
    }
  },
  apply: async (...step) => (await import('./apply.ts')).applyUnits(...step),
};
