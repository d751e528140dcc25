import type { Provider } from '../../model/provider.ts';
import { observeFiles } from './observe.ts';
import { desiredFiles, type Assets } from './spec.ts';

/** Scripts, configuration and launch data below the Mosaic home. */
export const filesProvider = (assets: Assets): Provider => ({
  name: 'files',
  desired: (fleet, host) => desiredFiles(fleet, host, assets),
  observe: observeFiles,
  apply: async (...step) => (await import('./apply.ts')).applyFiles(...step),
});
