import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { FleetError } from '../../model/error.ts';
import type { Fleet } from '../../model/fleet.ts';
import type { Condition } from '../../model/plan.ts';
import { linkChain } from '../../host/link-chain.ts';
import { readManifestFile, whoElseMayWrite } from '../../host/manifest-file.ts';
import { agentAround, insideAgent } from '../../reconciler/watch/exposure.ts';
import type { Reading } from '../../reconciler/watch/reading.ts';
import type { Place } from '../context.ts';
import { installedServer } from '../facts.ts';
import { installedFleet, manifestInvalid } from '../installed.ts';
import { loadText, type LoadedFleet } from '../load-fleet.ts';
import { cacheKey } from '../manifest-cache.ts';

/** A manifest that was taken, with its very bytes. */
export type TakenManifest = LoadedFleet & { readonly bytes: Uint8Array };

/** The manifest file, read anew for every pass. */
export interface ManifestSource {
  /** Never rejects: a manifest that cannot be taken is an answer. */
  read(): Promise<Reading>;
  /** The last that was taken. */
  taken(): TakenManifest | undefined;
  /** Why the last read could not be taken, as an error with all that is wrong. */
  refusal(): FleetError | undefined;
}

/** Watches nothing: it reads when asked, and parses only contents it has not just parsed. */
export function manifestSource(path: string, place: ExposurePlace): ManifestSource {
  let taken: TakenManifest | undefined;
  let refusal: FleetError | undefined;
  const read = async (): Promise<Reading> => {
    const file = readManifestFile(path);
    const open = whoElseMayWrite(path, file, place.identity.uid);
    if (open !== undefined) throw new ExposedManifest(open);
    const { bytes } = file;
    // The manifest itself: what an apply remembered of it may lie where an agent can write.
    if (taken === undefined || taken.key !== cacheKey(bytes))
      taken = { ...(await loadText({ path, bytes }, place.home, undefined)), bytes };
    const { key, fleet } = taken;
    return { isGood: true, key, fleet, ...exposureOf(fleet, path, place) };
  };
  return {
    taken: () => taken,
    refusal: () => refusal,
    read: async () => {
      try {
        const reading = await read();
        refusal = undefined;
        return reading;
      } catch (error) {
        if (!(error instanceof FleetError)) throw error;
        refusal = error;
        return { isGood: false, condition: conditionOf(error) };
      }
    },
  };
}

/** Others can write it: nothing in it is taken for the user's word. */
class ExposedManifest extends FleetError {
  constructor(why: string) {
    super('E_MANIFEST', `the manifest is not taken: ${why}`, {
      hint: 'The manifest and its directory must be yours, and writable by nobody else.',
    });
  }
}

function conditionOf(error: FleetError): Condition {
  const { message, ...invalid } = manifestInvalid(error);
  const exposed = { type: 'ManifestExposed', status: 'True', reason: 'WritableByOthers' } as const;
  const condition = error instanceof ExposedManifest ? exposed : invalid;
  return { ...condition, message: `${message}; the last good manifest stays in force` };
}

/** Where it is looked for who can write a path. */
export interface ExposurePlace extends Pick<Place, 'home' | 'identity'> {
  readonly read: Pick<Place['read'], 'files'>;
}

/**
 * Whether an agent can edit what stands at that path. Those that are installed count as well: an edit that moves an
 * agent elsewhere must not be the one that makes it trusted.
 */
export function exposureOf(
  { name, agents }: Pick<Fleet, 'name' | 'agents'>,
  path: string,
  { read, home, identity }: ExposurePlace,
  what = 'the manifest',
): { readonly exposed?: Condition } {
  const installed = installedServer(read.files, home, name);
  const running = installed === undefined ? [] : installedFleet(read.files, home, name).agents;
  const userHome = installed?.userHome ?? identity.home;
  // Who can replace a link or a directory on the way by another decides what stands at the end.
  const places = [real(path), ...linkChain(resolve(path)).directories];
  const agent = agentAround([...agents, ...running], places, { home: userHome, real });
  return agent === undefined ? {} : { exposed: insideAgent(agent, what) };
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // It is not there, or cannot be reached: then it holds nothing.
    return path;
  }
}
