import type { RestartPolicy } from '../model/fleet.ts';
import type { JsonObject } from '../model/resource.ts';

/** When the agent last ended, in milliseconds since 1970; undefined when it never did. */
export function endedAt({ endedAt: at }: JsonObject): number | undefined {
  return typeof at === 'number' ? at : undefined;
}

/** Its last ending came after its last start: nothing of it runs by the records. */
function hasEnded(record: JsonObject): boolean {
  const { startedAt } = record;
  const at = endedAt(record);
  return at !== undefined && at >= (typeof startedAt === 'number' ? startedAt : 0);
}

/** The agent ended, and nobody had asked it to. */
export const endedByItself = (record: JsonObject): boolean => hasEnded(record) && record['asked'] !== 'stop';

/** The agent ended because it was asked to stop, by itself or by force. */
export const stopWasAsked = (record: JsonObject): boolean => hasEnded(record) && record['asked'] === 'stop';

/** Does the restart policy take this ending as a good one? Such an agent is `exited`, not `failed`. */
export const accepts = (policy: RestartPolicy, { code }: JsonObject): boolean =>
  policy === 'never' || (policy === 'on-failure' && code === 0);

/** How the last run ended, in words. */
export function exitText({ signal, code, sessionLost }: JsonObject): string {
  if (sessionLost === true) return 'its session was ended from outside';
  if (typeof signal === 'string') return `ended by ${signal}`;
  return typeof code === 'number' ? `exited with ${code}` : 'ended';
}
