import { openLog } from '../../../src/host/log.ts';

// LEVEL: writes one line of each level, and dies without another turn of the event loop.
const level = process.argv[2] === 'silent' ? 'silent' : 'info';
const log = await openLog(level);
log.debug('too fine');
log.info('started', { agent: 'coder' });
log.warn('warned');
log.error('ended');
process.kill(process.pid, 'SIGKILL');
