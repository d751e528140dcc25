import { openPlace } from './context.ts';
import { loadFleetOrInstalled } from './installed.ts';
import { silent } from './options.ts';

/** Agents of the usual manifest, or else of the installed fleet; none when neither can be read: a completion never fails. */
export async function agentNames(): Promise<readonly string[]> {
  try {
    const { fleet } = await loadFleetOrInstalled({}, await openPlace({}), silent);
    return fleet.agents.map(({ name }) => name);
  } catch {
    return [];
  }
}
