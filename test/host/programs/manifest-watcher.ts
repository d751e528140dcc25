import { watchManifest } from '../../../src/host/watch.ts';

/** Says on standard output what it is told of the file it is given. */
const [path = ''] = process.argv.slice(2);
const say = (text: string): void => void process.stdout.write(`${text}\n`);
watchManifest(path, { wake: () => say('wake'), trouble: (why) => say(`trouble: ${why}`) });
say('watching');
