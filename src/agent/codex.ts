import type { Adapter } from './adapters.ts';

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const;

/** The Codex CLI, as recorded of 0.169. */
export const CODEX: Adapter = {
  name: 'codex',
  // Measured: 0 is enough with bracketed paste. Without it, what comes within 120 ms of a burst is a new line.
  submitDelayMs: 120,
  submitKey: 'Enter',
  screen: {
    setup: [
      { line: '^enter continue · esc back', after: '^Trust this folder?', means: 'trust dialog' },
      { line: '^Press enter to continue$', after: 'Sign in', means: 'login dialog' },
    ],
    dialog: [
      { line: '^Press enter to confirm or esc to cancel$', means: 'permission dialog' },
      { line: '^tab to add notes | enter to submit answer', means: 'question' },
      { line: '^enter select · esc back$', means: 'menu' },
      { line: '^enter continue · esc back$', means: 'menu' },
      { line: '^\\^c quit$', after: '^* Reconnect', means: 'lost its server' },
      { line: '^r retry * f fork *', means: 'its conversation is open elsewhere' },
      { line: '^k keep*esc dismiss & close', means: 'warnings' },
    ],
    busy: ['^• *(*s • esc to interrupt)', '^◦ *(*s • esc to interrupt)'],
  },
  composer: {
    line: ['^›'],
    empty: ['^› Ask Codex to do anything$'],
    pasted: ['^› [Pasted Content * chars]$'],
    settled: ['^Worked for * • ', '^■ ', '^>_ OpenAI Codex (v'],
  },
  title: { dialog: ['^[ * ] Action Required'], busy: SPINNER.map((frame) => `^${frame} `) },
};
