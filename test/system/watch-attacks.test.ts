import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanUp, eventually } from '../support/harness.ts';
import { liveFleet, sleeper, type Agents, type LiveFleet } from './live-fleet.ts';
import { endWatches, startWatch, watchOf, type LiveWatch } from './live-watch.ts';

const RESYNC = { timeoutMs: 60_000 };

let live: LiveFleet;
let watch: LiveWatch;
let agents: Agents;
let evil: Agents;

const at = (name: string): string => join(live.root, name);
const launchOf = (agent: string): string => join(live.home, 'fleets', live.fleet, 'launch', agent);

/** Has the mole, an agent of the watched fleet, run this, and waits until it has. */
async function attack(script: string): Promise<void> {
  writeFileSync(at('job.new'), `set -e\n${script}\necho done\n`);
  renameSync(at('job.new'), at('job'));
  await eventually(() => existsSync(at('job.log')) && readFileSync(at('job.log'), 'utf8').endsWith('done\n'), RESYNC);
  rmSync(at('job.log'));
}

/** The watcher has looked since, and nothing of the evil agent was made. */
async function nothingCame(): Promise<void> {
  expect([existsSync(launchOf('evil')), existsSync(at('evil-ran'))]).toEqual([false, false]);
  expect((await live.tmux('has-session', '-t', '=evil')).exitCode).not.toBe(0);
}

const isHeldBack = async (): Promise<boolean> => {
  watch.signal('SIGHUP');
  return (
    (await watchOf(live))?.waits.some(({ group, reason }) => group === 'agent.evil' && reason === 'exposed') === true
  );
};

/** A pass that makes a transaction has seen all that was there before it. */
async function fullPass(): Promise<void> {
  rmSync(launchOf('calm'));
  await eventually(() => {
    watch.signal('SIGHUP');
    return existsSync(launchOf('calm'));
  }, RESYNC);
}

beforeAll(async () => {
  live = liveFleet({});
  for (const name of ['den', 'calm']) mkdirSync(at(name));
  const dig = `while :; do if [ -e ${at('job')} ]; then mv ${at('job')} ${at('job.now')}; sh -x ${at('job.now')} >${at('job.log')} 2>&1; fi; sleep 0.1; done`;
  agents = {
    mole: { command: ['/bin/sh', '-c', dig], workingDirectory: at('den') },
    calm: { ...sleeper, workingDirectory: at('calm') },
  };
  evil = { ...agents, evil: { command: ['/bin/sh', '-c', `touch ${at('evil-ran')}; sleep 3600`] } };
  live.declare(evil);
  renameSync(live.manifest, at('evil.json'));
  live.declare(agents);
  await live.must('apply', '--yes');
  watch = await startWatch(live);
});
beforeEach(async () => {
  // Never through a link: what it leads to is the mole's.
  for (const path of [live.manifest, at('den')]) rmSync(path, { recursive: true, force: true });
  mkdirSync(at('den'));
  live.declare(agents);
  await eventually(async () => {
    watch.signal('SIGHUP');
    const said = (await watchOf(live))?.conditions.map(({ type }) => type) ?? ['nothing'];
    return !said.some((type) => ['nothing', 'ManifestExposed', 'ManifestInvalid'].includes(type));
  }, RESYNC);
});
afterAll(async () => {
  await endWatches();
  await cleanUp();
});

describe('an agent of a watched fleet gets nothing of its own started', () => {
  it('by putting a link to its own directory in the way of the manifest (F67)', async () => {
    await attack(`cp ${at('evil.json')} ${at('den')}/fleet.yaml
ln -s ${at('den')}/fleet.yaml ${live.home}/link
mv ${live.home}/link ${live.manifest}`);
    await eventually(isHeldBack, RESYNC);
    await nothingCame();
  });

  it('by editing what is remembered of manifests, and breaking the manifest (F67)', async () => {
    const edit = `
      const { createHash } = require('node:crypto');
      const fs = require('node:fs');
      const state = process.argv[1];
      const text = fs.readFileSync(state + '/manifest.json', 'utf8');
      const entry = JSON.parse(text.slice(text.indexOf('\\n') + 1));
      const [first] = entry.fleet.agents;
      const program = { kind: 'command', argv: ['/bin/sh', '-c', 'touch ${at('evil-ran')}; sleep 3600'] };
      entry.fleet.agents.push({ ...first, name: 'evil', program });
      const changed = JSON.stringify(entry);
      const sum = createHash('sha256').update(changed).digest('hex');
      fs.writeFileSync(state + '/manifest.json', sum + '\\n' + changed);
      const good = JSON.parse(fs.readFileSync(state + '/last-good.json', 'utf8'));
      good.base64 = fs.readFileSync('${at('evil.json')}').toString('base64');
      fs.writeFileSync(state + '/last-good.json', JSON.stringify(good));
    `;
    writeFileSync(at('edit.cjs'), edit.replaceAll('process.argv[1]', 'process.argv[2]').replaceAll('\\\\n', '\\n'));
    await attack(`${process.execPath} ${at('edit.cjs')} ${live.home}/state/${live.fleet}`);
    // The forged entry is one: a command that goes by what was remembered takes it.
    expect((await live.plan()).changes.map(({ group }) => group)).toContain('agent.evil');
    await fullPass();
    await nothingCame();
    await attack(`${process.execPath} ${at('edit.cjs')} ${live.home}/state/${live.fleet}; echo '{' >${live.manifest}`);
    await watch.said(/^ManifestInvalid: /);
    await fullPass();
    await nothingCame();
  });

  it('by making its working directory one that holds the manifest (F67)', async () => {
    await attack(`mv ${at('den')} ${at('den.away')}
ln -s ${live.home} ${at('den')}
cp ${at('evil.json')} ${live.manifest}`);
    await eventually(isHeldBack, RESYNC);
    await nothingCame();
  });

  it('while the watcher goes on to start what a manifest in other hands than its says', async () => {
    live.declare(evil);
    await eventually(() => existsSync(at('evil-ran')), RESYNC);
  });
});
