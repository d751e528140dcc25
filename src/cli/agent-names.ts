import { openPlace } from './context.ts';
import { loadFleet } from './load-fleet.ts';

/** Agents of the usual manifest; none when it cannot be read: a completion never fails. */
export async function agentNames(): Promise<readonly string[]> {
  try {
    const { fleet } = await loadFleet({}, await openPlace({}));
    return fleet.agents.map(({ name }) => name);
  } catch {
    return [];
  }
}
