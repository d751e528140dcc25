#!/usr/bin/env node
'use strict';
// CommonJS: Node needs 4 ms more to begin with an ES module.
const { existsSync } = require('node:fs');
const { join } = require('node:path');
const { load } = require('./load.js');

const program = join(__dirname, '../dist/cli/main.cjs');
// A checkout that was linked with `npm i -g .` has no dist yet; a package from the registry always has.
if (existsSync(program)) load(program);
else
  import('../scripts/bootstrap.mjs').then(({ ensureBuilt, ensureNodeModules }) => {
    ensureNodeModules();
    ensureBuilt();
    load(program);
  });
