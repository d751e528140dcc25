// The least a plan can cost: one tmux listing, one systemd listing, and a hash of every file of the fleet.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';

const [socket, fleet, home] = process.argv.slice(2);
const run = (file, args) =>
  new Promise((resolve) => execFile(file, args, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout) => resolve(stdout)));
const [panes, units] = await Promise.all([
  run('/usr/bin/tmux', ['-u', '-N', '-S', socket, 'list-panes', '-a', '-F', '#{session_name} #{pane_pid}']),
  run('/usr/bin/systemctl', ['--user', 'list-units', '--all', '--output=json', `mosaic-${fleet}@*.service`]),
]);
const launches = `${home}/fleets/${fleet}/launch`;
for (const name of readdirSync(launches))
  createHash('sha256')
    .update(readFileSync(`${launches}/${name}`))
    .digest('hex');
const unitFiles = `${process.env.HOME}/.config/systemd/user`;
for (const name of readdirSync(unitFiles)) {
  const path = `${unitFiles}/${name}`;
  if (statSync(path).isDirectory()) continue;
  createHash('sha256').update(readFileSync(path)).digest('hex');
}
const sessions = new Set(panes.split('\n').map((line) => line.split(' ')[0]));
process.stdout.write(
  `${JSON.parse(units).filter(({ unit }) => sessions.has(unit.split('@')[1]?.replace('.service', ''))).length}\n`,
);
