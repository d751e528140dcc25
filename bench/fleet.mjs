// What the benches share: the built command line, a Mosaic home of their own, and a manifest of any size.
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
export const CLI = join(ROOT, 'bin/mosaic.js');
export const HOME = `${process.env.HOME}/bench`;
mkdirSync(HOME, { mode: 0o700 });
export const env = { ...process.env, MOSAIC_HOME: HOME };
delete env.NODE_EXTRA_CA_CERTS;

const names = (count) => Array.from({ length: count }, (_, at) => `worker-${at + 1}`);

/** A fleet of so many sleepers, and of others with the names given; `isCalling`: of programs that may ask, and somebody is told. */
export const manifest = (count, others = [], isCalling = false) => `apiVersion: mosaic/v1alpha1
kind: Fleet
metadata: { name: bench }
spec:
  tmux: { socket: bench }${isCalling ? '\n  notify: [/bin/true]\n  agentDefaults: { adapter: codex }' : ''}
  agents:
${[...names(count), ...others].map((name, at) => `    ${name}:\n      description: number ${at + 1}\n      command: [sleep, infinity]\n      workingDirectory: /tmp\n      labels: { role: worker }\n`).join('')}`;

export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
