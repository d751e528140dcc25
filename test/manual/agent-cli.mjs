import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CACHE = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));

/** The directory with that program, installed with npm beside this checkout's own packages where it is not there yet. */
function installed(program, name, bin = 'node_modules/.bin') {
  const prefix = join(CACHE, program);
  const directory = join(prefix, bin);
  if (!existsSync(join(directory, program))) {
    const args = ['install', '--prefix', prefix, '--ignore-scripts', '--no-audit', '--no-fund', `${name}@latest`];
    execFileSync('npm', args, { stdio: ['ignore', 2, 2] });
  }
  return directory;
}

/** The Codex CLI, set up in a directory so that it asks the model at this address and nobody else. */
export const codex = (url) => ({
  program: 'codex',
  bin: installed('codex', '@openai/codex'),
  // Without it, one agent's start serves all others of the same CODEX_HOME, and its end takes that away.
  command: ['codex', '--no-daemon'],
  resume: ['codex', '--no-daemon', 'resume', '--last'],
  needsLeave: 'stand-in: ask touch asked.txt',
  messageIn: (text) => text,
  setUp(place) {
    const home = join(place, 'codex-home');
    mkdirSync(home);
    const config = [
      'model = "stand-in"',
      'model_provider = "stand-in"',
      'check_for_update_on_startup = false',
      '[model_providers.stand-in]',
      'name = "stand-in"',
      `base_url = "${url}/v1"`,
      'wire_api = "responses"',
      '',
    ].join('\n');
    const trusted = `[projects."${join(place, 'app')}"]\ntrust_level = "trusted"\n`;
    const write = (text) => writeFileSync(join(home, 'config.toml'), text);
    write(config);
    return { env: { CODEX_HOME: home }, trust: () => write(config + trusted) };
  },
});

const KEY = `sk-ant-stand-in-${'0'.repeat(20)}`;

/** Claude Code, the same way. */
export const claude = (url) => ({
  program: 'claude',
  bin: installed('claude', '@anthropic-ai/claude-code', `node_modules/@anthropic-ai/claude-code-linux-${process.arch}`),
  command: ['claude', '--permission-mode', 'default'],
  // It ends at once where there is no conversation yet.
  resume: ['sh', '-c', 'claude --permission-mode default --continue || exec claude --permission-mode default'],
  needsLeave: 'stand-in: ask sh -c "date > stamp.txt"; true',
  // A longer paste reaches the model in a frame that says so.
  messageIn: (text) =>
    /^\n\n<pasted_content id="(\w+)">\n([^]*)\n<\/pasted_content id="\1">\n$/.exec(text)?.[2] ?? text,
  setUp(place) {
    const home = join(place, 'claude-home');
    mkdirSync(home);
    const known = { hasCompletedOnboarding: true, customApiKeyResponses: { approved: [KEY.slice(-20)] } };
    const trusted = { [join(place, 'app')]: { hasTrustDialogAccepted: true } };
    const write = (settings) => writeFileSync(join(home, '.claude.json'), JSON.stringify(settings));
    write(known);
    const env = {
      CLAUDE_CONFIG_DIR: home,
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_API_KEY: KEY,
      DISABLE_AUTOUPDATER: '1',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    };
    return { env, trust: () => write({ ...known, projects: trusted }) };
  },
});
