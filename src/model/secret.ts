/** Parts that tell of a secret anywhere in a name; KEY and PASS only as a part of their own (MONKEY, BYPASS), counts never. */
const WORDS = [
  String.raw`API[_-]?KEY|TOKEN(?!IZ|S(?![A-Za-z0-9]))|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL`,
  String.raw`(?<![A-Za-z0-9])(?:KEYS?|PASS)\d*(?![A-Za-z0-9])`,
].join('|');
const NAME = new RegExp(WORDS, 'i');

/** Shapes of well-known credentials: API keys, access tokens, JWTs, private keys, passwords before a host. */
const SHAPES = [
  /\bsk-[A-Za-z0-9_-]{16,}/,
  /\b(?:ghp|gho|ghu|ghs|ghr|glpat|npm)[_-][A-Za-z0-9_-]{16,}/,
  /\bgithub_pat_[A-Za-z0-9_]{16,}/,
  /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/,
  /\bA(?:KIA|SIA)[A-Z0-9]{16}\b/,
  /\bAIza[A-Za-z0-9_-]{30,}/,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/,
  /-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----/,
  /\b[Aa]uthorization["']?[ \t]*[:=][ \t]*["']?[^\s"',]{1,256}(?:[ \t]+[^\s"',]{1,4096})?/,
  /\bBearer[ \t]+(?=[^\s"']{0,4096}\d)[A-Za-z0-9._~+/=-]{6,}/,
  /:\/\/[^\s/:@]{1,256}:[^\s/@]{1,256}@/,
  // Without a scheme only before a host and port: `node:20@sha256:…` is an image.
  /(?<![^\s='"])[^\s/:@='"]{1,256}:[^\s/@]{1,256}@[A-Za-z0-9.-]{1,253}:\d{2,5}(?![A-Za-z0-9])/,
];

/** A whole name that holds one of the words, where it stands inside a line. */
const NAMED = String.raw`(?=[A-Za-z0-9_-]*(?:${WORDS}))[A-Za-z0-9_-]+`;
const START = '(?<![A-Za-z0-9_-])';

/** What may hold a secret behind such a name: the rest of a line, one value of several, the word after a flag. */
const NAMED_VALUES = [
  new RegExp(String.raw`(^[ \t-]*["']?${START}${NAMED}["']?[ \t]*:[ \t]+)(\S.*)$`, 'gi'),
  new RegExp(
    String.raw`(${START}${NAMED}["']?[ \t]*[:=][ \t]*)(?!"?\$[({])("[^"]*"?|'[^']*'?|[^\s,}\]][^,}\]]*)`,
    'gi',
  ),
  new RegExp(String.raw`(${START}(?=--?[A-Za-z0-9])${NAMED}["']?[\s,]+["']?)([^\s,"'\]]+)`, 'gi'),
];

/** True for a variable whose name says that its value is a secret. */
export const isSecretName = (name: string): boolean => NAME.test(name);

/** True for an argument such as `--api-key` or `--token=…`; the value may be in the next item. */
export const isSecretFlag = (argument: string): boolean => {
  const [, name = ''] = /^--?([A-Za-z][A-Za-z0-9_-]*)/.exec(argument) ?? [];
  return isSecretName(name);
};

/** True for text with something in it that {@link hideSecrets} hides. */
export const isSecretValue = (text: string): boolean => hideSecrets(text) !== text;

/** True for text with a well-known credential in it, whatever it is called. */
export const hasCredential = (text: string): boolean => SHAPES.some((shape) => shape.test(text));

/** The same line, as long as before, with everything that looks like a secret replaced by `*`. */
export function hideSecrets(line: string): string {
  const named = NAMED_VALUES.reduce(
    (shown, pattern) => shown.replace(pattern, (_, before: string, secret: string) => before + stars(secret)),
    line,
  );
  return SHAPES.reduce((shown, shape) => shown.replace(new RegExp(shape, 'g'), stars), named);
}

const stars = (text: string): string => '*'.repeat(text.length);
