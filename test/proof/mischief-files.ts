import { fleetUnits } from '../../src/model/names.ts';
import { allow, pick, unitsOf, type Mischief } from './mischief.ts';
import { FLEET, HOME, UNITS, type Stage } from './stage.ts';

const isOurFile = (path: string): boolean =>
  new RegExp(`^(${HOME}/(libexec|bin)/|${FLEET}/(server$|tmux.conf$|launch/))`).test(path);
const isOurUnit = (path: string): boolean =>
  path.startsWith(`${UNITS}/`) && /\/mosaic-canary(@|\.|-tmux\.)/.test(path) && !path.endsWith('.wants');

/** Files, units and links of ours as far as nobody else has taken their names. */
function things(stage: Stage, isOne: (path: string) => boolean, kind = 'file'): readonly string[] {
  const { files } = stage.machine;
  const all = files.paths().filter((path) => isOne(path) && files.stat(path)?.kind === kind);
  const isSpared = (path: string): boolean => !stage.isServerKnown && path === `${FLEET}/server`;
  return all.filter((path) => !stage.foreignPaths.has(path) && !isSpared(path)).toSorted();
}

const isOurs = (path: string): boolean => isOurFile(path) || isOurUnit(path);

/** Puts something of somebody else at a path. */
function plantForeign(stage: Stage, path: string, what: Parameters<Stage['machine']['files']['plant']>[1]): void {
  stage.machine.files.uproot(path);
  stage.machine.files.plant(path, what);
  stage.foreignPaths.add(path);
  allow(stage, 'foreign', 'unknown');
  if (path === `${FLEET}/server`) allow(stage, 'refused');
}

const onThing =
  (act: (stage: Stage, path: string, at: number) => void): Mischief =>
  (stage, _fleet, at) => {
    const path = pick(things(stage, isOurs), at);
    if (path !== undefined) act(stage, path, at);
  };

/** What may have happened to any file, unit or link of ours. */
export const FILES = {
  'a file is gone': onThing((stage, path) => {
    stage.machine.files.uproot(path);
    // Without its launch data nobody can tell whether an agent is protected.
    if (path.startsWith(`${FLEET}/launch/`)) allow(stage, 'unknown');
  }),
  'a link is gone': (stage, _fleet, at) => {
    const path = pick(things(stage, isOurs, 'symlink'), at);
    if (path !== undefined) stage.machine.files.uproot(path);
  },
  'a file was edited': onThing(({ machine: { files } }, path) =>
    files.alter(path, { content: `${files.read(path) ?? ''}# mine\n` }),
  ),
  'a unit was edited above its mark': (stage, _fleet, at) => {
    const { files } = stage.machine;
    const path = pick(things(stage, isOurUnit), at);
    if (path !== undefined) files.alter(path, { content: `# mine\n${files.read(path) ?? ''}` });
  },
  'a file lost its mark': onThing((stage, path) => plantForeign(stage, path, { content: 'mine\n' })),
  'a file was cut short': onThing(({ machine: { files }, reasons, foreignPaths }, path, at) => {
    const content = (files.read(path) ?? '').slice(0, at * 7);
    files.alter(path, { content });
    // Whether the mark is still there is not for us to say: then it must heal, else it must stay.
    if (
      !/^(#!.*\n)?# mosaic: v1 canary |^(#!.*\n)?# mosaic: v1 home |^mosaic=\w+ v1 \S+ [0-9a-f]{16}\0|\nHome="\/home\/u\/.config\/mosaic/.test(
        content,
      )
    ) {
      foreignPaths.add(path);
    }
    allow({ reasons }, 'foreign', 'unknown');
  }),
  'a file has another mode': onThing(({ machine: { files } }, path, at) =>
    files.alter(path, { mode: at % 2 === 0 ? 0o666 : 0o400 }),
  ),
  'a file belongs to somebody else': onThing((stage, path) => {
    if (isOurUnit(path)) return;
    stage.machine.files.alter(path, { uid: 0 });
    stage.foreignPaths.add(path);
    allow(stage, 'foreign', 'unknown');
  }),
  'a directory stands for a file': onThing((stage, path) => plantForeign(stage, path, { kind: 'directory' })),
  'a link stands for a file': onThing((stage, path, at) => {
    const target = at % 2 === 0 ? '/dev/null' : '/etc/passwd';
    plantForeign(stage, path, { kind: 'symlink', content: target });
    allow(stage, 'masked');
  }),
  'a file was written again': onThing(({ machine: { files } }, path) => files.alter(path, {})),
} satisfies Record<string, Mischief>;

/** What people may have done to units. */
export const UNIT_FILES = {
  'a unit belongs to another home': (stage, { name }, at) => {
    const { server, template, target } = fleetUnits(name);
    const unit = pick([server, template, target, `mosaic-${name}@worker.service.d/50-mosaic.conf`], at) ?? server;
    plantForeign(stage, `${UNITS}/${unit}`, { content: '[X-Mosaic]\nFleet=canary\nHome="/x"\nHash=0\n', mode: 0o644 });
  },
  'a unit is masked': (stage, fleet, at) => {
    const unit = pick([fleetUnits(fleet.name).template, ...unitsOf(fleet)], at) ?? '';
    plantForeign(stage, `${UNITS}/${unit}`, { kind: 'symlink', content: '/dev/null', mode: 0o777 });
    // What stood beside a unit of its own is ours again, unless it is somebody else's by itself.
    const settings = `${UNITS}/${unit}.d/50-mosaic.conf`;
    const { files } = stage.machine;
    const kind = files.stat(settings)?.kind;
    const isMarked = kind === 'file' && files.read(settings)?.includes(`\nHome="${HOME}"`) === true;
    if (kind === undefined || isMarked) stage.foreignPaths.delete(settings);
    allow(stage, 'masked');
  },
  'an agent has a unit of its own': (stage, fleet, at) => {
    const unit = pick(unitsOf(fleet), at);
    if (unit === undefined) return;
    plantForeign(stage, `${UNITS}/${unit}`, { content: '[Service]\nExecStart=vi\n' });
    // What stands beside it is its own too.
    stage.foreignPaths.add(`${UNITS}/${unit}.d/50-mosaic.conf`);
  },
  'a link points elsewhere': (stage, fleet, at) => {
    const unit = pick(unitsOf(fleet), at);
    const path = `${UNITS}/${fleetUnits(fleet.name).target}.wants/${unit ?? ''}`;
    if (unit !== undefined) plantForeign(stage, path, { kind: 'symlink', content: '../other.service', mode: 0o777 });
  },
  'a link is there for every agent': ({ machine: { files } }, fleet) => {
    const { target, template } = fleetUnits(fleet.name);
    if (files.stat(`${UNITS}/${template}`) === undefined) return;
    const wants = `${UNITS}/${target}.wants`;
    if (files.stat(wants) === undefined) files.plant(wants, { kind: 'directory', mode: 0o755 });
    for (const unit of unitsOf(fleet)) {
      const path = `${UNITS}/${target}.wants/${unit}`;
      if (files.stat(path) === undefined)
        files.plant(path, { kind: 'symlink', content: `../${template}`, mode: 0o777 });
    }
  },
  'a person has settings of their own': ({ machine, foreignPaths }, fleet, at) => {
    const path = `${UNITS}/${pick(unitsOf(fleet), at) ?? 'other.service'}.d/60-mine.conf`;
    machine.files.plant(path, { content: '[Service]\nNice=1\n' });
    foreignPaths.add(path);
  },
  'a reload was lost': ({ machine, foreignPaths }, { name }) => {
    const path = `${UNITS}/mosaic-${name}.reload`;
    if (foreignPaths.has(path)) return;
    machine.files.plant(path, { content: '[X-Mosaic]\nFleet=canary\nHome="/home/u/.config/mosaic"\nHash=0\n' });
  },
} satisfies Record<string, Mischief>;
