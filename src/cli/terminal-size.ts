/** A terminal that nobody gave a size says 0. */
export const sizeOf = ({ columns, rows }: Partial<Size>): Size => ({
  columns: columns === undefined || columns < 2 ? 80 : columns,
  rows: rows === undefined || rows < 1 ? 24 : rows,
});

/** How much a terminal shows. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}
