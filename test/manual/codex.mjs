// Usage: node test/manual/codex.mjs [--supervisor systemd|tmux]
//
// Talks to the real Codex CLI; see README.md.
import { parseArgs } from 'node:util';
import { codex } from './agent-cli.mjs';
import { talkTo } from './talk.mjs';

const { values } = parseArgs({ options: { supervisor: { type: 'string' } } });
await talkTo(codex, values.supervisor);
