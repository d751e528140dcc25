import type { Agent } from '../../model/fleet.ts';

/** `agent` with the settings that its installed drop-in has; what cannot be read there stays. A fleet that stands in for its manifest goes by them. */
export function withInstalledSettings<T extends Pick<Agent, 'restart' | 'stop' | 'limits'>>(agent: T, text: string): T {
  const value = (key: string): string | undefined => new RegExp(`^${key}=(.+)$`, 'm').exec(text)?.[1];
  const milliseconds = (key: string, otherwise: number): number =>
    Number(/^(\d{1,15})ms$/.exec(value(key) ?? '')?.[1] ?? otherwise);
  const whole = (key: string): number | undefined => {
    const found = value(key) ?? '';
    return /^\d{1,9}$/.test(found) ? Number(found) : undefined;
  };
  const memoryMax = value('MemoryMax');
  const cpuQuota = value('CPUQuota');
  const tasksMax = whole('TasksMax');
  return {
    ...agent,
    restart: {
      ...agent.restart,
      windowMs: milliseconds('StartLimitIntervalSec', agent.restart.windowMs),
      burst: whole('StartLimitBurst') ?? agent.restart.burst,
      delayMs: milliseconds('RestartSec', agent.restart.delayMs),
    },
    stop: { timeoutMs: milliseconds('TimeoutStopSec', agent.stop.timeoutMs) },
    limits: {
      ...(memoryMax === undefined ? {} : { memoryMax }),
      ...(cpuQuota === undefined ? {} : { cpuQuota }),
      ...(tasksMax === undefined ? {} : { tasksMax }),
    },
  };
}
