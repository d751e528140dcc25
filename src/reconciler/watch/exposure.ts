import { expandHome, type Fleet } from '../../model/fleet.ts';
import type { Condition } from '../../model/plan.ts';

/**
 * The first agent whose working directory holds the manifest: what runs there can edit it. The home directory itself
 * does not count, it holds everything. `real` follows symbolic links.
 */
export function agentAround(
  fleet: Fleet,
  manifest: string,
  { home, real }: { readonly home: string; readonly real: (path: string) => string },
): string | undefined {
  return fleet.agents.find(({ workingDirectory }) => {
    const directory = real(expandHome(workingDirectory, home));
    return directory !== real(home) && isBelow(manifest, directory);
  })?.name;
}

const isBelow = (path: string, directory: string): boolean =>
  path.startsWith(directory.endsWith('/') ? directory : `${directory}/`);

/** The manifest is taken, and nothing new comes from it without a person. */
export const insideAgent = (agent: string): Condition => ({
  type: 'ManifestExposed',
  status: 'True',
  reason: 'InWorkingDirectory',
  message: `the manifest is in the working directory of ${agent}, which can edit it: new agents and new commands wait for mosaic fleet apply`,
});
