/** No agent's name can hold either of them. */
export const isFile = (argument: string): boolean => /[./]/.test(argument);

/** Whether a file is named as manifests are. */
export const isYamlName = (file: string): boolean => /\.ya?ml$/i.test(file);

/** The way to name a manifest, for who gave it where a saved plan or an agent goes. */
export const asManifest = (verb: 'plan' | 'apply', file: string, agents: readonly string[] = []): string =>
  `A manifest is named with -f: mosaic fleet ${verb} ${['-f', file, ...agents].join(' ')}`;

/** For who means `--follow` by `-f`, as elsewhere in a shell. */
export const NOT_TO_FOLLOW = 'Here -f names a manifest. To go on with what comes: mosaic fleet log --follow';
