// The page that the benchmark against peers writes.

const ms = (value) => (value === undefined || value === null ? '–' : `${value.toFixed(0)}`);
const ratio = (value, own) => (value === undefined || own === undefined ? '' : ` (${(value / own).toFixed(1)}x)`);

const ROWS = [
  ['up', 'bring-up, until every program runs'],
  ['again', 'the same again, nothing changed'],
  ['check', 'what would be done (dry run)'],
  ['status', 'status'],
  ['reaction', 'killed program back'],
];

function tableOf(results, count) {
  const there = results.filter(({ figures }) => figures[count] !== undefined);
  const [own] = there;
  const head = `| ms, N=${count} | ${there.map(({ name }) => name).join(' | ')} |\n|---|${there.map(() => '---').join('|')}|`;
  const rows = ROWS.map(([key, title]) => {
    const cells = there.map(({ figures }) => {
      const value = figures[count][key];
      return `${ms(value)}${figures === own.figures ? '' : ratio(value, own.figures[count][key])}`;
    });
    return `| ${title} | ${cells.join(' | ')} |`;
  });
  const kept = there.map(({ figures }) =>
    figures[count].memory === undefined ? '–' : figures[count].memory.toFixed(1),
  );
  return [head, ...rows, `| MiB of its own processes (PSS) | ${kept.join(' | ')} |`].join('\n');
}

/** Medians and their ratios to mosaic's, with versions and what each comparison leaves out. */
export function pageOf(results, machine) {
  const sizes = [...new Set(results.flatMap(({ figures }) => Object.keys(figures)))].map(Number);
  const versions = results.map(({ name, version }) => `${name} ${version ?? '(not installed)'}`).join(', ');
  const notes = results.filter(({ note }) => note !== undefined).map(({ name, note }) => `- ${name}: ${note}.`);
  return `# Benchmarks against peers

Written by \`npm run bench:peers\`; ${machine}; ${versions}. Medians of three rounds; one where a round takes longer than
20 seconds. In brackets: how many times mosaic's own time. A dash: the tool has no such command, or nothing to measure.
Every fleet is N shells that write their pid and sleep. A bring-up ends when the last of them has, not when the tool says so.

${sizes.map((count) => tableOf(results, count)).join('\n\n')}

${notes.join('\n')}
- mosaic: \`apply\` observes twice and proves its own result; the memory is that of two bash processes per agent.
- A size is left out where ten times the run before would take more than a minute.
`;
}
