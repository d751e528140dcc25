let failed = 0;

/** Says what follows is about. */
export const section = (title) => process.stdout.write(`\n${title}\n`);

/** Tells what was found, with the facts where it is not as it should be. */
export function check(claim, isTrue, facts) {
  process.stdout.write(`  ${isTrue ? 'ok  ' : 'FAIL'} ${claim}\n`);
  if (isTrue) return;
  failed += 1;
  if (facts !== undefined) process.stdout.write(`       ${JSON.stringify(facts)}\n`);
}

/** How many claims were not true. */
export const failures = () => failed;
