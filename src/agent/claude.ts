import type { Adapter } from './adapters.ts';

const SPINNER = ['·', '✢', '✳', '✶', '✻', '✽', '\\*'] as const;

/** Claude Code, as recorded of 2.1. */
export const CLAUDE: Adapter = {
  name: 'claude',
  // Measured: 0 is enough. Older versions are told to take up to 200 ms to draw a paste, and to swallow Enter before.
  submitDelayMs: 200,
  submitKey: 'Enter',
  screen: {
    setup: [
      { line: '^Enter to confirm · Esc to cancel$', after: '^Accessing workspace:$', means: 'trust dialog' },
      { line: '^Enter to confirm · Esc to cancel$', after: '^Detected a custom API key', means: 'login dialog' },
    ],
    dialog: [
      { line: '^Esc to cancel · Tab to amend', means: 'permission dialog' },
      { line: '^Enter to select · * · Esc to cancel', means: 'question' },
      { line: 'Enter to save · Esc to cancel$', means: 'menu' },
      { line: '^Enter to confirm · Esc to cancel$', means: 'menu' },
    ],
    busy: [' · esc to interrupt$', ' · retrying in * · attempt ', ...SPINNER.map((frame) => `^${frame} *…`)],
    idle: ['^⏸ * mode on · ? for shortcuts', '^? for shortcuts'],
  },
  composer: {
    line: ['^❯'],
    empty: ['^❯$', '^❯ Press up to edit queued messages$', '^❯ Try "*"$'],
    pasted: ['^❯ [Pasted text #*]$'],
    end: '^──',
    settled: [
      '^✻ * for * · done ',
      '^⎿ *Interrupted · What should Claude do instead?',
      "^● Declined to answer Claude's questions:$",
      'Claude Code v',
    ],
  },
};
