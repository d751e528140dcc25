import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CACHE = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));

/** The directory with that program, installed with npm beside this checkout's own packages where it is not there yet. */
export function installed(program, name) {
  const prefix = join(CACHE, program);
  const bin = join(prefix, 'node_modules/.bin');
  if (!existsSync(join(bin, program))) {
    const args = ['install', '--prefix', prefix, '--no-audit', '--no-fund', `${name}@latest`];
    execFileSync('npm', args, { stdio: ['ignore', 2, 2] });
  }
  return bin;
}

/** How an agent CLI is set up in a directory so that it asks this model and nobody else. */
export const agentCli = {
  codex: (bin, url) => ({
    program: 'codex',
    bin,
    // Without it, one agent's start serves all others of the same CODEX_HOME, and its end takes that away.
    command: ['codex', '--no-daemon'],
    resume: ['codex', '--no-daemon', 'resume', '--last'],
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
  }),
};
