import { openPlace } from './context.ts';
import { loadFleetOrInstalled } from './installed.ts';
import { silent, type CommonOptions } from './options.ts';

/** Agents of the manifest, or else of the installed fleet; none when neither can be read: a completion never fails. */
export async function agentNames(options: CommonOptions): Promise<readonly string[]> {
  try {
    const { fleet } = await loadFleetOrInstalled(options, await openPlace(options), silent);
    return fleet.agents.map(({ name }) => name);
  } catch {
    return [];
  }
}
