import type { Row, Snapshot } from '../../src/agent/scroll.ts';

export const row = (plain: string): Row => ({ plain, styled: plain, raw: plain });

/** What tmux keeps of a program that writes lines: a screen, and a scrollback that loses a tenth at its limit. */
export class Pane {
  readonly written: string[] = [];
  private history: string[] = [];
  private screen: string[] = [];
  private readonly look = 40;

  private readonly height: number;
  private readonly limit: number;

  constructor(height: number, limit: number) {
    this.height = height;
    this.limit = limit;
  }

  write(...lines: readonly string[]): void {
    for (const line of lines) {
      this.written.push(line);
      this.screen.push(line);
      if (this.screen.length <= this.height) continue;
      // grid_collect_history, then grid_scroll_history.
      if (this.history.length >= this.limit) this.history.splice(0, Math.max(1, Math.floor(this.limit / 10)));
      this.history.push(this.screen.shift() ?? '');
    }
  }

  draw(...lines: readonly string[]): void {
    this.screen = [...lines];
  }

  clearHistory(): void {
    this.history = [];
  }

  grow(rows: number): Pane {
    const taller = new Pane(this.height + rows, this.limit);
    taller.screen = [...this.history.splice(-rows), ...this.screen];
    taller.history = this.history;
    taller.written.push(...this.written);
    return taller;
  }

  narrow(width: number): Snapshot {
    const wrap = (lines: readonly string[]): readonly string[] =>
      lines.flatMap((line) => line.match(new RegExp(`.{1,${width}}`, 'g')) ?? ['']);
    return this.snapshot(width, wrap(this.history), wrap(this.screen));
  }

  snapshot(width = 80, history: readonly string[] = this.history, screen: readonly string[] = this.screen): Snapshot {
    const seen = history.slice(-this.look);
    const blank = Array.from({ length: Math.max(0, this.height - screen.length) }, () => '');
    return {
      width,
      history: history.length,
      limit: this.limit,
      boundary: seen.length,
      rows: [...seen, ...screen, ...blank].map(row),
    };
  }
}
