#!/usr/bin/env node
'use strict';
// CommonJS: Node needs 4 ms more to begin with an ES module.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

// Built with the program, as each calls the other: after `git pull` a dist may be older than this file.
const loader = join(__dirname, '../dist/load.cjs');
const start = () => require(loader).load(join(__dirname, '../dist/cli/main.cjs'));
// A linked checkout (`npm i -g .`) may have no dist, or one from before; a package from the registry always has its own.
if (existsSync(loader)) start();
else
  import('../scripts/bootstrap.mjs').then(({ ensureBuilt, ensureNodeModules }) => {
    ensureNodeModules();
    ensureBuilt();
    start();
  });
