'use strict';
const { readFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const { pathToFileURL } = require('node:url');
const { Script } = require('node:vm');

const loaded = new Map();

/**
 * Loads a part of the program from the form the build compiled it to. V8 refuses that form under another version of
 * itself, and compiles the text. It stands beside the text alone, where only who can change the text can change it.
 */
function load(file) {
  const known = loaded.get(file);
  if (known !== undefined) return known.exports;
  const module = { exports: {} };
  loaded.set(file, module);
  const script = new Script(readFileSync(file, 'latin1'), { filename: file, cachedData: compiledForm(file) });
  const find = (name) => (name.startsWith('./') ? load(join(dirname(file), name)) : require(name));
  script.runInThisContext()(module.exports, find, module, pathToFileURL(file).href);
  return module.exports;
}

function compiledForm(file) {
  try {
    return readFileSync(`${file}.v8`);
  } catch {
    return undefined;
  }
}

module.exports = { load };
