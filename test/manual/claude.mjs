// Usage: node test/manual/claude.mjs [--supervisor systemd|tmux]
//
// Talks to the real Claude Code; see README.md.
import { parseArgs } from 'node:util';
import { claude } from './agent-cli.mjs';
import { talkTo } from './talk.mjs';

const { values } = parseArgs({ options: { supervisor: { type: 'string' } } });
await talkTo(claude, values.supervisor);
