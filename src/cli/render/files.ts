import { HIDDEN } from '../../model/conceal.ts';
import type { FleetName } from '../../model/names.ts';
import type { Body, Desired } from '../../model/resource.ts';
import { pathOf } from '../../providers/files/client.ts';
import { concealedLaunch } from '../../providers/files/launch.ts';
import { unitPathOf } from '../../providers/systemd/observe.ts';

/** Where a fleet's files lie on its host. */
export interface Installed {
  readonly fleet: FleetName;
  /** The Mosaic home. */
  readonly home: string;
  readonly unitDirectory: string;
}

/** A file or link as it would be installed. */
export interface RenderedFile {
  /** Below the directory that is rendered into: `units/…` and `home/…`. */
  readonly path: string;
  readonly installedAs: string;
  readonly address: string;
  readonly body: Body;
  /** True where `(hidden)` stands for a secret. */
  readonly hidden: boolean;
}

/** Everything that a fleet has in files, sorted by path. What is in no file (servers, sessions) is left out. Pure. */
export const renderedFiles = (desired: readonly Desired[], installed: Installed): readonly RenderedFile[] =>
  desired
    .flatMap((one) => (one.body === undefined ? [] : [rendered(one, one.body, installed)]))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));

function rendered({ address, provider }: Desired, body: Body, { fleet, home, unitDirectory }: Installed): RenderedFile {
  const isUnit = provider === 'systemd';
  const placeIn = (root: string): string => (isUnit ? unitPathOf(root, fleet, address) : pathOf(root, fleet, address));
  const shown = shownBody(address, body);
  return {
    path: placeIn(isUnit ? 'units' : 'home'),
    installedAs: placeIn(isUnit ? unitDirectory : home),
    address,
    body: shown,
    hidden: shown !== body,
  };
}

/** Launch data alone holds words of the manifest that may be secrets. */
function shownBody(address: string, body: Body): Body {
  if (body.kind !== 'text' || !address.startsWith('launch.')) return body;
  const text = concealedLaunch(body.text, () => HIDDEN);
  return text === body.text ? body : { ...body, text };
}
