import { watchUnits } from '../../../src/host/unit-signals.ts';

/** Says on standard output whether the bus at the address it is given can be listened to. */
const [address = ''] = process.argv.slice(2);
const ignored = (): void => undefined;
const watch = await watchUnits({ address, isOurs: () => true, wake: ignored, lost: ignored });
process.stdout.write(watch === undefined ? 'not watching\n' : 'watching\n');
watch?.close();
