import { FleetError, isErrorCode } from '../model/error.ts';
import type { Look } from '../reconciler/pass.ts';

/** tmux or the user manager is not there, or nobody answered at all: 69, not a plan full of unknowns. */
export function refuseBlind({ observed }: Look): void {
  for (const { error } of observed.incomplete) {
    if (isErrorCode(error.code) && UNAVAILABLE.has(error.code)) throw new FleetError(error.code, error.message);
  }
  const [first, ...others] = observed.incomplete;
  const isBlind = others.some(({ provider }) => provider !== first?.provider);
  if (first === undefined || !isBlind) return;
  throw new FleetError(isErrorCode(first.error.code) ? first.error.code : 'E_SYSTEMD', first.error.message);
}

const UNAVAILABLE: ReadonlySet<string> = new Set(['E_NO_SYSTEMD', 'E_NO_USER_MANAGER', 'E_TMUX_MISSING']);
