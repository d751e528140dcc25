import { createExec } from '../../../src/host/exec.ts';

// Starts `sleep` through the door; ends by itself, with the child still running, when told to on stdin.
const exec = createExec();
void exec(['sleep', '1000'], { timeoutMs: 60_000 }).catch(() => undefined);
process.stdin.once('data', () => process.exit(0));
console.log('ready');
