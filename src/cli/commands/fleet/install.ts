import { applyWith, type ApplyOptions } from './apply.ts';

/** The part of apply that writes scripts and units. Starts nothing, enables nothing. */
export const run = (options: ApplyOptions): Promise<number> =>
  applyWith({ command: 'fleet install', agents: [], policy: { installOnly: true } }, options);
