import { argvOf } from '../../../model/fleet.ts';
import { adapterOf } from '../../../agent/adapters.ts';
import { openPlace } from '../../context.ts';
import { loadFleetOrInstalled } from '../../installed.ts';
import { createOutput, type CommonOptions } from '../../options.ts';
import { selectAgents } from '../../selector.ts';
import { rosterJson, rosterText, type RosterRow } from '../../view/roster.ts';

interface RosterOptions extends CommonOptions {
  readonly selector?: string;
}

/** Who the manifest declares. Looks at no server. */
export async function run(options: RosterOptions): Promise<number> {
  const output = createOutput(options);
  const place = await openPlace(options);
  const { fleet } = await loadFleetOrInstalled(options, place, output);
  const { selector } = options;
  const agents = selector === undefined ? fleet.agents : selectAgents(fleet.agents, selector);
  const rows = agents.map((agent): RosterRow => {
    const { name, description, labels, state } = agent;
    return {
      name,
      description,
      labels,
      command: argvOf(agent),
      desired: state,
      adapter: adapterOf(agent, fleet.adapters).name,
    };
  });
  output.text(rosterText(rows));
  output.data(rosterJson(rows));
  return 0;
}
