import { isSocketName } from '../model/names.ts';
import { fleetSocket } from '../host/places.ts';
import type { Place } from './context.ts';

/** `mosaic-factory` when nothing lives there, else a socket of the fleet's own. */
export function freeSocket(place: Place, fleet: string): string {
  const usual = 'mosaic-factory';
  if (!isSocketName(usual)) return usual;
  const tmpdir = place.env['TMUX_TMPDIR'] ?? '';
  const path = fleetSocket({ tmpdir: tmpdir === '' ? '/tmp' : tmpdir, uid: place.identity.uid, socket: usual });
  const taken = place.read.files.stat(path) !== undefined;
  return taken ? `mosaic-${fleet}` : usual;
}
