import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';

const esbuild = resolve('node_modules/.bin/esbuild');

/** Bundles a test program, so that a plain node process can run it; answers with the file. */
export function bundleProgram(name: string, place: string): string {
  const file = `${place}/${name}.mjs`;
  const entry = resolve(`test/host/programs/${name}.ts`);
  const banner = "import{createRequire as r}from'node:module';const require=r(import.meta.url);";
  const options = ['--bundle', '--platform=node', '--format=esm', '--log-level=error', `--banner:js=${banner}`];
  execFileSync(esbuild, [entry, ...options, `--outfile=${file}`]);
  return file;
}

/** A running program with its stdout so far. */
export interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

export function startProgram(file: string, args: readonly string[]): Running {
  const child = spawn(process.execPath, [file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | NodeJS.Signals | null>((done) =>
    child.once('exit', (code, signal) => done(code ?? signal)),
  );
  return { child, output: () => output, ended };
}
