import type { JsonObject } from '../model/resource.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Says what happens, for whoever debugs it. Callers pass no contents of env files and no environment. */
export type Log = Readonly<Record<Exclude<LogLevel, 'silent'>, (message: string, fields?: JsonObject) => void>>;

/** A log of JSON lines on stderr; each line is written when the call returns. `silent` does not even load the logger. */
export async function openLog(level: LogLevel): Promise<Log> {
  if (level === 'silent') {
    const nothing = (): void => undefined;
    return { debug: nothing, info: nothing, warn: nothing, error: nothing };
  }
  // Bundled, a CommonJS package has its default export alone.
  const { default: pino } = await import('pino');
  const logger = pino({ level, base: { pid: process.pid } }, pino.destination({ dest: 2, sync: true }));
  return {
    debug: (message, fields = {}) => logger.debug(fields, message),
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
  };
}
