/** The user's own default tmux server, as a read-only look sees it. */
export interface Fingerprint {
  readonly state: 'absent' | 'stale' | 'present';
  readonly path: string;
  readonly pid?: number;
  readonly startTime?: number;
  readonly inode?: number;
  /** `id name` of each session, sorted. */
  readonly sessions: readonly string[];
  /** Sessions there that carry our mark; there must be none. */
  readonly marked: readonly string[];
}
