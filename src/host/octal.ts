/** Permission bits as people write them: `0600`. */
export const octal = (mode: number): string => `0${(mode & 0o7777).toString(8)}`;
