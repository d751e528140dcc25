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
  const text = readFileSync(file);
  const script = new Script(text.latin1Slice(), { filename: file, cachedData: compiledForm(file, text) });
  const find = (name) => (name.startsWith('./') ? load(join(dirname(file), name)) : require(name));
  script.runInThisContext()(module.exports, find, module, pathToFileURL(file).href);
  return module.exports;
}

/** V8 compares only the length of the text; so the form begins with what it was compiled from. */
function compiledForm(file, text) {
  try {
    const form = readFileSync(`${file}.v8`);
    return form.subarray(0, text.length).equals(text) ? form.subarray(formStart(text)) : undefined;
  } catch {
    return undefined;
  }
}

/** V8 copies what is not aligned. */
const formStart = (text) => Math.ceil(text.length / 8) * 8;

module.exports = { load, formStart };
