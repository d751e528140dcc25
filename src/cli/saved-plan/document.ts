import type { Change, Phase } from '../../model/plan.ts';
import { validateSavedPlan } from '../../generated/validate-saved-plan.js';
import { sha256 } from '../../host/digest.ts';
import { FleetError } from '../../model/error.ts';
import type { Json, JsonObject } from '../../model/resource.ts';
import { canonical } from '../../reconciler/diff.ts';
import type { Build } from '../build.ts';
import { checkDocument } from '../document.ts';

/** A plan as it was reviewed, for one apply. `manifests/schema/output-saved-plan.json` describes it. */
export interface SavedPlan {
  readonly formatVersion: '1.0';
  readonly kind: 'SavedPlan';
  readonly id: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly mosaic: Build;
  readonly fleet: string;
  readonly hostId: string;
  readonly home: string;
  readonly uid: number;
  readonly manifest: { readonly path?: string; readonly sha256: string };
  readonly policy: { readonly now: boolean; readonly only?: readonly string[]; readonly allowDelete?: number };
  readonly salt: string;
  readonly touches: readonly Touch[];
  /** For the reader; what is done follows from the manifest, and must be what `touches` says. */
  readonly plan: JsonObject;
  /** Of everything else. */
  readonly digest: string;
}

/** One step, and what must still be true of its resource. An address can be touched in two phases. */
export interface Touch {
  readonly address: string;
  readonly phase: Phase;
  /** Fingerprint of what was seen. */
  readonly expected: string;
  /** Of what is done, and of what is there afterwards. */
  readonly digest: string;
}

/** The touch of a change, under a saved plan's salt: contents may hold secrets. */
export function touchOf(change: Change, salt: string): Touch {
  const { address, phase, expected, provider, action, disruption, desired } = change;
  const body = desired?.body === undefined ? null : Object.values(desired.body);
  const done: Json = [provider, action, disruption, canonical(desired?.spec ?? {}), body];
  return { address, phase, expected, digest: sha256(`${salt}\0${JSON.stringify(done)}`) };
}

/** Closes a saved plan with the digest of everything in it. */
export const sealed = (plan: Omit<SavedPlan, 'digest'>): SavedPlan => ({ ...plan, digest: digestOf(plan) });

function digestOf(plan: object): string {
  const document: Json = JSON.parse(JSON.stringify(plan));
  return sha256(JSON.stringify(canonical(document)));
}

/** Reads a saved plan's text. E_PLAN_FILE, E_PLAN_VERSION, E_PLAN_EDITED. `what` is what messages call it. */
export function parseSavedPlan(text: string, what: string): SavedPlan {
  const value = checkDocument(text, {
    kind: 'SavedPlan',
    what,
    invalid: 'E_PLAN_FILE',
    otherBuild: 'E_PLAN_VERSION',
    checkSeal: ({ digest, ...rest }) => {
      if (digestOf(rest) !== digest) throw new FleetError('E_PLAN_EDITED', `${what} was changed since it was saved`);
    },
    validate: validateSavedPlan,
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the schema has checked every field of it
  return value as SavedPlan;
}
