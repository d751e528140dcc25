import { FleetError } from '../model/error.ts';
import { APPLY, type Policy } from '../reconciler/policy.ts';

/** What a person allows on the command line, for these agents or for all. */
export function personalPolicy(
  agents: readonly string[],
  options: { readonly now?: boolean; readonly allowDelete?: string },
): Policy {
  const allow = options.allowDelete;
  if (allow !== undefined && !/^\d{1,4}$/.test(allow))
    throw new FleetError('E_USAGE', `--allow-delete takes a number, not ${JSON.stringify(allow)}`);
  return {
    ...APPLY,
    now: options.now === true,
    ...(agents.length === 0 ? {} : { only: agents }),
    ...(allow === undefined ? {} : { allowDelete: Number(allow) }),
  };
}
