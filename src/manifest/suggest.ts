const MAX_WORD = 64;

/** The candidate that `word` is most likely a slip of, or undefined. Ties go to the first candidate. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (word === '' || word.length > MAX_WORD) return undefined;
  const typed = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(typed, candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** What other tools call it, in lower case and without its `_`. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['cwd', 'workingDirectory'],
  ['cmd', 'command'],
  ['execstart', 'command'],
  ['environmentfile', 'envFiles'],
]);

/** A hint for an unknown word: what it is called here, the nearest known one, one that begins alike, or all of them. */
export function didYouMean(word: string, known: readonly string[]): string {
  const plain = word.replaceAll('_', '').toLowerCase();
  const elsewhere = known.find((one) => one === ELSEWHERE.get(plain));
  const guess = elsewhere ?? nearest(word, known) ?? known.find((one) => isShort(one, plain) || isShort(plain, one));
  return guess === undefined ? `Known here: ${known.join(', ')}.` : `Did you mean \`${guess}\`?`;
}

/** As `workingDir` is for `workingDirectory`. */
const isShort = (short: string, long: string): boolean =>
  short.length > 2 && long.toLowerCase().startsWith(short.toLowerCase());

/** Levenshtein distance in which two swapped neighbours count as one slip; gives up where it reaches `limit`. */
function editDistance(left: string, right: string, limit: number): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    let smallest = row;
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1];
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      const gap = lesser(cell(last, column), cell(current, column - 1)) + 1;
      const kept = lesser(gap, cell(last, column - 1) + (same ? 0 : 1));
      current[column] = swapped ? lesser(kept, cell(beforeLast, column - 2) + 1) : kept;
      smallest = lesser(smallest, cell(current, column));
    }
    if (smallest >= limit) return limit;
    [beforeLast, last] = [last, current];
  }
  return cell(last, right.length);
}

const FAR = 1000;

const cell = (row: readonly number[], column: number): number => row[column] ?? FAR;

const lesser = (left: number, right: number): number => (left < right ? left : right);
