// What every page of docs/reference is made of.
const NOTE = '<!-- Written by scripts/reference.mjs; run `npm run reference` instead of editing. -->';

const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');
export const code = (text) => `\`${text}\``;
const row = (cells) => `| ${cells.map(cell).join(' | ')} |`;
export const table = (head, rows) => [row(head), `|${'---|'.repeat(head.length)}`, ...rows.map(row)];
export const page = (title, intro, lines) => [NOTE, '', `# ${title}`, '', intro, '', ...lines, ''].join('\n');
