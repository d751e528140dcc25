import { printable } from './printable.ts';

/** Where an annotation belongs; `file` as it is named from the top of the checkout. */
export interface AnnotationPlace {
  readonly file: string;
  readonly line: number;
  readonly col?: number;
  readonly title?: string;
}

export type AnnotationLevel = 'error' | 'warning' | 'notice';

/** One annotation of GitHub Actions, in the escapes of its workflow commands. */
export function annotation(level: AnnotationLevel, place: AnnotationPlace, message: string): string {
  const { file, line, col, title } = place;
  const properties = [
    `file=${property(file)}`,
    `line=${line}`,
    ...(col === undefined ? [] : [`col=${col}`]),
    ...(title === undefined ? [] : [`title=${property(title)}`]),
  ];
  return `::${level} ${properties.join(',')}::${escaped(message)}`;
}

/** A line that belongs to no file. */
export const remark = (level: AnnotationLevel, message: string): string => `::${level}::${escaped(message)}`;

/** Line ends first: what is left for the terminal's sake is escaped in another way. */
const escaped = (text: string): string =>
  text
    .replaceAll('%', '%25')
    .split(/(\r|\n)/)
    .map((part) => (part === '\r' ? '%0D' : part === '\n' ? '%0A' : printable(part)))
    .join('');

const property = (text: string): string => escaped(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
