import type { Fingerprint } from '../model/fingerprint.ts';

/** The two fingerprints around the last command of ours that could change anything. */
export interface FingerprintRecord {
  readonly command: string;
  readonly before: Fingerprint;
  readonly after: Fingerprint;
}

export interface DefaultTmuxProof {
  readonly untouched: boolean;
  readonly basis: 'record' | 'present';
  readonly before: Fingerprint;
  readonly after: Fingerprint;
  /** What changed and is the user's own doing. */
  readonly byUser: readonly string[];
  /** Why it counts as touched; empty when it does not. */
  readonly because: readonly string[];
}

/**
 * Was the default server touched by us? Only what changed between the two fingerprints of one of our commands, an
 * object of ours over there, or a call of ours in the exec log says so; every other change is the user's.
 */
export function proveDefaultTmux(
  record: FingerprintRecord | undefined,
  now: Fingerprint,
  strayCalls: readonly string[],
): DefaultTmuxProof {
  const hard =
    record === undefined
      ? []
      : hardChanges(record.before, record.after).map((text) => `${text} during \`${record.command}\``);
  const marked = now.marked.map((name) => `session ${name} there carries a mark of ours`);
  const because = [...hard, ...marked, ...strayCalls.map((call) => `our log holds the call ${call}`)];
  const before = record?.before ?? now;
  const byUser =
    record === undefined
      ? []
      : [
          ...sessionChanges(record.before, record.after),
          ...hardChanges(record.after, now),
          ...sessionChanges(record.after, now),
        ];
  return {
    untouched: because.length === 0,
    basis: record === undefined ? 'present' : 'record',
    before,
    after: now,
    byUser,
    because,
  };
}

function hardChanges(before: Fingerprint, after: Fingerprint): readonly string[] {
  const was = before.state === 'present';
  const is = after.state === 'present';
  if (was !== is) return [is ? 'the server appeared' : 'the server went away'];
  if (!was) return [];
  const same = before.pid === after.pid && before.startTime === after.startTime && before.inode === after.inode;
  return same ? [] : ['the server was restarted'];
}

function sessionChanges(before: Fingerprint, after: Fingerprint): readonly string[] {
  const opened = after.sessions.filter((session) => !before.sessions.includes(session));
  const closed = before.sessions.filter((session) => !after.sessions.includes(session));
  return [
    ...opened.map((session) => `session ${session} opened`),
    ...closed.map((session) => `session ${session} closed`),
  ];
}
