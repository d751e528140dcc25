/** The one table of errors: exit code, whether a retry can help, and the next step for the user. */
export const ERRORS = {
  E_INTERNAL: { exit: 1, retryable: false, hint: 'This is a bug in mosaic; please report it with the text above.' },
  E_IO: { exit: 1, retryable: true, hint: 'Look at the path named above.' },
  E_DISK_FULL: {
    exit: 1,
    retryable: true,
    hint: 'Make room on that file system and run the command again; the old file is intact.',
  },
  E_READONLY: { exit: 1, retryable: false, hint: 'Choose a writable place with --home or $MOSAIC_HOME.' },
  E_PERMISSION: { exit: 1, retryable: false, hint: 'Check the owner and the mode of the path named above.' },
  E_LIMIT: {
    exit: 1,
    retryable: true,
    hint: 'A limit of this login (files or processes) is reached: see `ulimit -a`.',
  },
  E_SYMLINK: { exit: 1, retryable: false, hint: 'mosaic never writes through a symbolic link; move it away.' },
  E_NOT_DIR: {
    exit: 1,
    retryable: false,
    hint: 'Something else has the name of a directory mosaic needs; move it away.',
  },
  E_HOME: { exit: 1, retryable: false, hint: 'The Mosaic home must be an absolute directory of yours with mode 0700.' },
  E_STEP_FAILED: { exit: 3, retryable: true, hint: 'Run `mosaic fleet plan` to see what is left.' },
  E_PROTECTED: { exit: 4, retryable: false, hint: 'Set `protect: false` in the manifest and apply, then try again.' },
  E_FOREIGN_SERVER: {
    exit: 4,
    retryable: false,
    hint: 'Choose another `spec.tmux.socket`, or end that server yourself.',
  },
  E_FOREIGN_SESSIONS: { exit: 4, retryable: false, hint: 'Close or move those sessions first.' },
  E_MASS_DELETE: { exit: 4, retryable: false, hint: 'If that is meant, allow it with --allow-delete N.' },
  E_CONFIRM: { exit: 4, retryable: false, hint: 'Run it on a terminal, or pass --yes.' },
  E_STATE: { exit: 4, retryable: false, hint: 'Edit the manifest, then apply.' },
  E_SELF: { exit: 4, retryable: false, hint: 'Run it from outside the fleet, or set `spec.agentsMayManage: true`.' },
  E_MESSAGE: {
    exit: 4,
    retryable: false,
    hint: 'A message is UTF-8 text; of control characters it may hold newline and tab.',
  },
  E_EXISTS: { exit: 4, retryable: false, hint: 'Edit that file, or move it away.' },
  E_WRONG_USER: { exit: 4, retryable: false, hint: 'Run mosaic as the user who owns the fleet, without sudo.' },
  E_OTHER_FLEET: { exit: 4, retryable: false, hint: 'Name the manifest of that fleet with -f.' },
  E_SNAPSHOT_VERSION: { exit: 4, retryable: false, hint: 'Take the snapshot with the same mosaic that plans.' },
  E_STALE_PLAN: { exit: 4, retryable: false, hint: 'Nothing was done; plan again and have that reviewed.' },
  E_PLAN_VERSION: { exit: 4, retryable: false, hint: 'Make the plan with the same mosaic that applies it.' },
  E_PLAN_ELSEWHERE: { exit: 4, retryable: false, hint: 'Apply it where it is for, or plan again for this host.' },
  E_PLAN_EXPIRED: { exit: 4, retryable: false, hint: 'Plan again, or allow its age with --max-age.' },
  E_PLAN_USED: { exit: 4, retryable: false, hint: 'A saved plan is applied once; plan again.' },
  E_PLAN_EDITED: { exit: 4, retryable: false, hint: 'Take the file as `plan --out` wrote it, or plan again.' },
  E_PLAN_UNSAFE: { exit: 4, retryable: false, hint: 'Take a copy of your own that only you can write: chmod 600.' },
  E_LOCKED: { exit: 5, retryable: true, hint: 'Wait for it to end, or give --lock-timeout.' },
  E_TIMEOUT: { exit: 7, retryable: true, hint: 'Try again; see `mosaic fleet doctor`.' },
  E_INTERRUPTED: { exit: 130, retryable: true, hint: 'Run the command again; what was done stays done.' },
  E_USAGE: { exit: 64, retryable: false, hint: 'See `mosaic --help`.' },
  E_UNKNOWN_AGENT: { exit: 64, retryable: false, hint: 'See `mosaic fleet status`.' },
  E_MANIFEST: { exit: 65, retryable: false, hint: 'Correct the manifest and run `mosaic fleet validate`.' },
  E_SNAPSHOT: { exit: 65, retryable: false, hint: 'Take it again with `mosaic fleet snapshot`.' },
  E_PLAN_FILE: { exit: 65, retryable: false, hint: 'Make one with `mosaic fleet plan --out FILE`.' },
  E_MANIFEST_MISSING: { exit: 65, retryable: false, hint: 'Create one with `mosaic fleet init`, or name one with -f.' },
  E_NOT_REGULAR: { exit: 65, retryable: false, hint: 'The manifest must be a regular file.' },
  E_TMUX_MISSING: { exit: 69, retryable: false, hint: 'Install tmux 3.3a or newer: apt-get install tmux' },
  E_TMUX: { exit: 69, retryable: true, hint: 'See `mosaic fleet doctor`.' },
  E_TMUX_TIMEOUT: { exit: 69, retryable: true, hint: 'The tmux server does not answer; see `mosaic fleet doctor`.' },
  E_TMUX_SKEW: {
    exit: 69,
    retryable: false,
    hint: 'tmux was replaced while its server ran: the agents go on, but nobody can see them. Put the tmux of that server back, or end the server: the agents then start under the new one.',
  },
  E_TMUX_SOCKET: {
    exit: 69,
    retryable: false,
    hint: 'Nothing was changed there; move it away or choose another `spec.tmux.socket`.',
  },
  E_NO_SYSTEMD: { exit: 69, retryable: false, hint: 'Install systemd, or set `spec.supervisor: tmux`.' },
  E_NO_USER_MANAGER: {
    exit: 69,
    retryable: false,
    hint: 'Log in via ssh or `machinectl shell USER@`, or run `loginctl enable-linger USER`; or set `spec.supervisor: tmux`.',
  },
  E_SYSTEMD: { exit: 69, retryable: true, hint: 'See `systemctl --user status` and `mosaic fleet doctor`.' },
  E_SYSTEMD_TIMEOUT: {
    exit: 69,
    retryable: true,
    hint: 'The user manager does not answer; see `mosaic fleet doctor`.',
  },
} as const satisfies Record<string, ErrorRow>;

interface ErrorRow {
  readonly exit: number;
  readonly retryable: boolean;
  readonly hint: string;
}

export type ErrorCode = keyof typeof ERRORS;

export const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(ERRORS, text);

/** A failure of the machine or a refusal. The code's row in {@link ERRORS} gives exit code and default hint. */
export class FleetError extends Error {
  override readonly name = 'FleetError';
  readonly code: ErrorCode;
  readonly hint: string;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? ERRORS[code].hint;
  }

  get exit(): number {
    return ERRORS[this.code].exit;
  }
}

/** Whatever was thrown, as an error: a library may throw anything. */
export const errorOf = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/** What a look failed with, as an observation tells it. */
export const lookError = (thrown: unknown): { readonly code: string; readonly message: string } => ({
  code: thrown instanceof FleetError ? thrown.code : 'E_IO',
  message: errorOf(thrown).message,
});
