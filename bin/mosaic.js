#!/usr/bin/env node
import { existsSync } from 'node:fs';

const program = new URL('../dist/cli/main.js', import.meta.url);
// A checkout that was linked with `npm i -g .` has no dist yet; a package from the registry always has.
if (!existsSync(program)) {
  const { ensureBuilt, ensureNodeModules } = await import('../scripts/bootstrap.mjs');
  ensureNodeModules();
  ensureBuilt();
}
await import(program.href);
