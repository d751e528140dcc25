import { hiddenAs, type Conceal } from '../../model/conceal.ts';
import { sha256 } from '../../host/digest.ts';

/** Secrets as salted SHA-256: two documents under one salt can be compared, and neither holds a secret. */
export const concealWith =
  (salt: string): Conceal =>
  (secret) =>
    hiddenAs(sha256(`${salt}\0${secret}`));
