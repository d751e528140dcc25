import { FleetError } from '../model/error.ts';
import type { Agent } from '../model/fleet.ts';

/** `role=coder,team=a`: agents that have every one of these labels with that value. */
export function selectAgents(agents: readonly Agent[], selector: string): readonly Agent[] {
  const wanted = selector.split(',').map((part): readonly [string, string] => {
    const at = part.indexOf('=');
    if (at < 1) {
      throw new FleetError('E_USAGE', `--selector takes KEY=VALUE[,KEY=VALUE], not ${JSON.stringify(selector)}`);
    }
    return [part.slice(0, at), part.slice(at + 1)];
  });
  return agents.filter(({ labels }) =>
    wanted.every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value),
  );
}
