'use strict';
const { readFileSync } = require('node:fs');
const { basename, dirname, join } = require('node:path');
const { pathToFileURL } = require('node:url');
const { setFlagsFromString } = require('node:v8');
const { Script } = require('node:vm');

/** Files that ran, with the exports of their parts. */
const loaded = new Map();

/** A command that is still at work by then may as well be optimised. */
const BRIEF_MS = 1000;
let brief;
let depth = 0;

/**
 * Loads a part of the program: `FILE#PART`, or the one a file is named after. A file holds the parts that are needed
 * together, as one text: what Node does for a file costs more than most parts do.
 */
function load(place) {
  const [name, part = name] = basename(place).split('#');
  const file = join(dirname(place), name);
  if (loaded.has(file)) return loaded.get(file)[part];
  if (depth === 0) mayOptimise(true);
  depth += 1;
  try {
    return run(file)[part];
  } finally {
    depth -= 1;
    if (depth === 0) mayOptimise(false);
  }
}

/**
 * To optimise what runs often costs a brief command more than it gains: half the CPU of a plan from a new manifest. But
 * V8 takes compiled forms, Node's own too, only under the flags they were made with, so nothing is loaded meanwhile.
 */
function mayOptimise(isWanted) {
  brief ??= setTimeout(() => {
    setFlagsFromString('--opt');
    brief = 'over';
  }, BRIEF_MS).unref();
  if (brief !== 'over') setFlagsFromString(isWanted ? '--opt' : '--no-opt');
}

/**
 * Runs a file from the form the build compiled it to. V8 refuses that form under another version of itself, and compiles
 * the text. It stands beside the text alone, where only who can change the text can change it.
 */
function run(file) {
  const text = readFileSync(file);
  const script = new Script(text.latin1Slice(), { filename: file, cachedData: compiledForm(file, text) });
  const module = { exports: {} };
  const find = (name) => (name.startsWith('./') ? load(join(dirname(file), name)) : require(name));
  script.runInThisContext()(find, module, pathToFileURL(file).href);
  loaded.set(file, module.exports);
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
