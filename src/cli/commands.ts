/**
 * Commands behind one import: main loads it when one of them runs, not for help. What is typed most, `plan` and
 * `status`, is loaded without the rest; what is truly heavy (YAML, execa, the logger) is imported where it is used.
 */
export { agentNames } from './known-agents.ts';
export { withCommandMeant } from './command-meant.ts';
export { run as apply } from './commands/fleet/apply.ts';
export { run as destroy } from './commands/fleet/destroy.ts';
export { run as doctor } from './commands/fleet/doctor.ts';
export { run as init } from './commands/fleet/init.ts';
export { run as install } from './commands/fleet/install.ts';
export { run as log } from './commands/fleet/log.ts';
export { run as runState } from './commands/fleet/run-state.ts';
export { run as validate } from './commands/fleet/validate.ts';
export { run as verify } from './commands/fleet/verify.ts';
export { run as watch } from './commands/fleet/watch.ts';
export { run as watchUnit } from './commands/fleet/watch-unit.ts';
export { onTerminal } from './options.ts';
export { failureJson, failureText, unwrittenText } from './view/failure.ts';
