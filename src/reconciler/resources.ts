import type { Conceal } from '../model/conceal.ts';
import type { Blocked, BlockedReason, Change, Foreign, Phase, Reason } from '../model/plan.ts';
import type { Address, Desired, Observation } from '../model/resource.ts';
import { changedFields, diff, disruptionOf } from './diff.ts';

/** What the decision table says of one resource: nothing, a change, something in the way, or somebody else's thing. */
export interface Decision {
  readonly change?: Change;
  readonly blocked?: Blocked;
  readonly foreign?: Foreign;
}

const NOTHING: Decision = {};

/** The decision table of a file, unit, link, launch data or server that the manifest wants. */
export function decideWanted(desired: Desired, observation: Observation, conceal?: Conceal): Decision {
  if (observation.state === 'unknown') {
    return { blocked: unknownBlock(desired.group, desired.address, observation.error.message) };
  }
  if (observation.state === 'absent') return { change: newChange(desired, 'create', 'missing') };
  return observation.owner === 'foreign'
    ? foreignInTheWay(desired, observation)
    : decideOurs(desired, observation, conceal);
}

/** The decision table of something that carries our mark or name and that the manifest does not want. */
export function decideUnwanted(address: Address, group: string, provider: string, observation: Observation): Decision {
  if (observation.state === 'unknown') return { blocked: unknownBlock(group, address, observation.error.message) };
  if (observation.state === 'absent' || observation.owner === 'foreign') return NOTHING;
  return {
    change: {
      address,
      group,
      provider,
      action: 'delete',
      reason: 'not_in_manifest',
      disruption: 'none',
      phase: address.startsWith('link.') ? 'install' : 'delete',
      patch: [],
      because: 'not in the manifest',
      expected: observation.fingerprint,
    },
  };
}

type Present = Extract<Observation, { state: 'present' }>;

function decideOurs(desired: Desired, observation: Present, conceal: Conceal | undefined): Decision {
  const patch = diff(observation.spec, desired.spec, conceal);
  if (patch.length === 0) return NOTHING;
  const fields = changedFields(patch);
  const reason = reasonOf(desired.address, fields, observation);
  return {
    change: {
      ...newChange(desired, 'update', reason),
      disruption: disruptionOf(fields, desired.classes ?? {}),
      patch,
      because: becauseOf(reason, fields),
      expected: observation.fingerprint,
    },
  };
}

function reasonOf(address: Address, fields: readonly string[], observation: Present): Reason {
  if (observation.handEdited === true) return 'hand_edited';
  if (fields.length === 1 && fields[0] === 'loaded') return 'not_loaded';
  return address.startsWith('file.libexec/') ? 'upgraded' : 'spec_changed';
}

function becauseOf(reason: Reason, fields: readonly string[]): string {
  if (reason === 'hand_edited') return 'changed by hand';
  if (reason === 'not_loaded') return 'the user manager has not loaded it yet';
  if (reason === 'upgraded') return 'another version of mosaic';
  const words = fields.map((field) => FIELD_WORDS[field] ?? field).filter((word) => word !== '');
  return `${[...new Set(words)].join(', ') || 'hash'} changed`;
}

/** Fields of a document that a user does not know by that name; empty where other fields tell the same. */
const FIELD_WORDS: Readonly<Record<string, string>> = {
  sha256: 'content',
  Unit: 'unit settings',
  Service: 'unit settings',
  Install: 'unit settings',
  spec: '',
  loaded: '',
};

function newChange(desired: Desired, action: 'create' | 'update', reason: Reason): Change {
  return {
    address: desired.address,
    group: desired.group,
    provider: desired.provider,
    action,
    reason,
    disruption: 'none',
    phase: phaseOf(desired),
    patch: [],
    because: 'not there yet',
    ...lineOf(desired),
    desired,
    expected: 'absent',
  };
}

/** Where the manifest asks for it; the fleet's own things have no such place. */
export const lineOf = ({ line }: Desired): Pick<Change, 'line'> => (line === undefined ? {} : { line });

function phaseOf(desired: Desired): Phase {
  if (desired.provider === 'systemd') return 'install';
  return desired.provider === 'tmux' ? 'live' : 'write';
}

/** Somebody else's thing stands where ours belongs. */
export function foreignInTheWay(desired: Pick<Desired, 'address' | 'group'>, observation: Present): Decision {
  const masked = observation.spec['masked'] === true;
  const reason: BlockedReason = masked ? 'masked' : 'foreign';
  const message = `${desired.address} is there and is not ours: ${observation.foreignBecause ?? 'it carries no mark'}`;
  const hint = masked ? 'It is masked; unmask it with systemctl --user unmask.' : 'Move it away, then apply again.';
  return {
    blocked: { group: desired.group, address: desired.address, reason, message, hint },
    foreign: { address: desired.address, message: observation.foreignBecause ?? 'no mark of this fleet' },
  };
}

const unknownBlock = (group: string, address: Address, message: string): Blocked => ({
  group,
  address,
  reason: 'unknown',
  message: `${address} could not be observed: ${message}`,
  hint: 'Nothing that depends on it is touched; run mosaic fleet doctor.',
});
