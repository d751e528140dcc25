/** Every warning a manifest can earn: what it means, and whether it is looked for under `--strict` alone. */
export const WARNINGS = {
  W_COMMENT: { strictOnly: false, meaning: 'A text ends before ` #`, where a comment begins.' },
  W_NO_AGENTS: { strictOnly: false, meaning: 'The fleet has no agents.' },
  W_SECRET_NAME: {
    strictOnly: false,
    meaning: 'A value stands in the manifest whose variable or flag is named like a secret (`API_KEY`, `--token`).',
  },
  W_SECRET_SHAPE: {
    strictOnly: false,
    meaning:
      'A text has the shape of a well-known credential, whatever it is called: a key, a token, a password in a URL.',
  },
  W_SHARED_CWD: {
    strictOnly: false,
    meaning:
      'Two agents work in one directory. That one names none, and so works in `~` as another does, or that `agentDefaults` names it for all, is told under `--strict` only.',
  },
  W_NO_LIMITS: { strictOnly: true, meaning: 'An agent has no `limits`: it can take all memory and every processor.' },
  W_SHELL: { strictOnly: true, meaning: 'An agent is started by a `shell:` line, which expands what it is given.' },
} as const satisfies Record<string, { readonly strictOnly: boolean; readonly meaning: string }>;

export type WarningCode = keyof typeof WARNINGS;

export const isWarningCode = (text: string): text is WarningCode => Object.hasOwn(WARNINGS, text);
