import { expandHome, type Agent } from '../../model/fleet.ts';
import type { Condition } from '../../model/plan.ts';

/**
 * The first agent whose working directory holds one of the places that decide what the manifest says: what runs there
 * can edit it. The home directory itself does not count, it holds everything. `real` follows symbolic links.
 */
export function agentAround(
  agents: readonly Pick<Agent, 'name' | 'workingDirectory'>[],
  places: readonly string[],
  { home, real }: { readonly home: string; readonly real: (path: string) => string },
): string | undefined {
  const realHome = real(home);
  return agents.find(({ workingDirectory }) => {
    const directory = real(expandHome(workingDirectory, home));
    return directory !== realHome && places.some((place) => isIn(place, directory));
  })?.name;
}

const isIn = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(directory.endsWith('/') ? directory : `${directory}/`);

/** The manifest, or `what` stands in for it, is taken, and nothing new comes from it without a person. */
export const insideAgent = (agent: string, what: string): Condition => ({
  type: 'ManifestExposed',
  status: 'True',
  reason: 'InWorkingDirectory',
  message: `${what} is in the working directory of ${agent}, which can edit it: what it says anew waits for mosaic fleet apply, and notify, adapters and agentsMayManage are not taken from it`,
});
