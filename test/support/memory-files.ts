import { FleetError } from '../../src/model/error.ts';
import type { FileReader, FileStat, FileWriter } from '../../src/model/host.ts';

/** One name in memory. `content` is the text of a file or the target of a link. */
interface Node {
  readonly kind: FileStat['kind'];
  readonly content: string;
  readonly mode: number;
  readonly uid: number;
  readonly inode: number;
  readonly ctimeMs: number;
}

type Plant = Partial<Pick<Node, 'kind' | 'content' | 'mode' | 'uid'>>;

const parentOf = (path: string): string => path.slice(0, Math.max(1, path.lastIndexOf('/')));

/** A file system of one user: kinds, modes, owners and change times as lstat tells them. Nothing follows a link. */
export class MemoryFiles implements FileReader, FileWriter {
  #nodes = new Map<string, Node>();
  #denied = new Set<string>();
  /** What each directory holds, as far as it was asked for since the last change. */
  readonly #lists = new Map<string, readonly string[]>();
  readonly #tick: () => number;
  readonly #uid: number;
  #inodes = 1;

  /** `tick` gives the time of a change, in milliseconds; it must grow with each call. */
  constructor(uid: number, tick: () => number) {
    this.#uid = uid;
    this.#tick = tick;
  }

  stat(path: string): FileStat | undefined {
    const node = this.#look(path);
    if (node === undefined) return undefined;
    const { kind, mode, uid, inode, ctimeMs } = node;
    return { kind, mode, uid, inode, ctimeMs, mtimeMs: ctimeMs, size: Buffer.byteLength(node.content) };
  }

  read(path: string, maxBytes = Infinity): string | undefined {
    const node = this.#look(path);
    if (node === undefined) return undefined;
    if (node.kind === 'symlink') throw new FleetError('E_SYMLINK', `cannot read ${path}: it is a symbolic link`);
    if (node.kind !== 'file') throw new FleetError('E_IO', `cannot read ${path}: it is not a regular file`);
    if (Buffer.byteLength(node.content) > maxBytes) throw new FleetError('E_IO', `cannot read ${path}: too large`);
    return node.content;
  }

  readLink(path: string): string | undefined {
    const node = this.#look(path);
    if (node !== undefined && node.kind !== 'symlink') throw new FleetError('E_IO', `${path} is no symbolic link`);
    return node?.content;
  }

  list(path: string): readonly string[] | undefined {
    const node = this.#look(path);
    if (node === undefined) return undefined;
    if (node.kind !== 'directory') throw new FleetError('E_NOT_DIR', `cannot list ${path}: it is a ${node.kind}`);
    const known = this.#lists.get(path) ?? this.#namesIn(path);
    this.#lists.set(path, known);
    return known;
  }

  write(path: string, content: string, mode: number): void {
    const now = this.#target(path);
    if (now?.kind === 'symlink') throw new FleetError('E_SYMLINK', `cannot write ${path}: it is a symbolic link`);
    if (now !== undefined && now.kind !== 'file') throw new FleetError('E_NOT_DIR', `cannot write ${path}`);
    if (now?.content === content && now.mode === mode && now.uid === this.#uid) return;
    this.plant(path, { content, mode });
  }

  link(path: string, target: string): void {
    const now = this.#target(path);
    if (now !== undefined && now.kind !== 'symlink') throw new FleetError('E_EXISTS', `${path} is no symbolic link`);
    if (now?.content !== target) this.plant(path, { kind: 'symlink', content: target, mode: 0o777 });
  }

  makeDirectory(path: string, mode: number): void {
    const now = this.#look(path);
    if (now?.kind === 'directory') return;
    if (now !== undefined) throw new FleetError('E_NOT_DIR', `${path} is a ${now.kind}`);
    if (path !== '/') this.makeDirectory(parentOf(path), mode);
    this.plant(path, { kind: 'directory', mode });
  }

  remove(path: string): void {
    const now = this.#look(path);
    if (now?.kind === 'directory') throw new FleetError('E_NOT_DIR', `cannot remove ${path}: it is a directory`);
    if (now !== undefined) this.#drop(path);
  }

  removeDirectory(path: string): void {
    const now = this.#look(path);
    if (now !== undefined && this.list(path)?.length === 0) this.#drop(path);
  }

  together<T>(act: () => T): T {
    return act();
  }

  /** Puts something there as a hand other than ours would; the directories above it come with it. */
  plant(path: string, what: Plant): void {
    if (path !== '/' && !this.#nodes.has(parentOf(path)))
      this.plant(parentOf(path), { kind: 'directory', mode: 0o700 });
    const ctimeMs = this.#tick();
    const node = { kind: 'file' as const, content: '', mode: 0o600, uid: this.#uid, inode: this.#inodes++, ctimeMs };
    this.#nodes.set(path, { ...node, ...what });
    this.#lists.clear();
    this.#touch(parentOf(path), ctimeMs);
  }

  /** Changes what is there in place. */
  alter(path: string, what: Plant): void {
    const now = this.#nodes.get(path);
    if (now === undefined) throw new Error(`nothing is at ${path}`);
    this.#nodes.set(path, { ...now, ...what, ctimeMs: this.#tick() });
  }

  /** Takes a name away, whatever it is, with everything below it. */
  uproot(path: string): void {
    for (const name of [...this.#below(path), path]) this.#nodes.delete(name);
    this.#lists.clear();
    this.#touch(parentOf(path), this.#tick());
  }

  /** Everything that is there, whatever it is. */
  paths(): readonly string[] {
    return [...this.#nodes.keys()];
  }

  /** Remembers what is there now, and gives the way back to it. */
  snapshot(): () => void {
    const nodes = new Map(this.#nodes);
    const denied = new Set(this.#denied);
    return () => {
      this.#nodes = new Map(nodes);
      this.#lists.clear();
      this.#denied = new Set(denied);
    };
  }

  /** Every look at this path fails, as for a user who may not search its directory. */
  deny(path: string): void {
    this.#denied.add(path);
  }

  /** Everything there is as text, but for paths of a shape: equal trees give equal text, whenever they were made. */
  tree(without = /(?!)/): string {
    return [...this.#nodes]
      .filter(([path]) => !without.test(path))
      .map(([path, { kind, mode, uid, content }]) => [path, kind, mode.toString(8), uid, content].join(' '))
      .toSorted()
      .join('\n');
  }

  #look(path: string): Node | undefined {
    if (this.#denied.has(path)) throw new FleetError('E_PERMISSION', `cannot look at ${path}: permission denied`);
    return this.#nodes.get(path);
  }

  #target(path: string): Node | undefined {
    const now = this.#look(path);
    const parent = this.#look(parentOf(path));
    if (parent?.kind !== 'directory')
      throw new FleetError('E_IO', `cannot write ${path}: its directory does not exist`);
    return now;
  }

  #namesIn(directory: string): readonly string[] {
    const from = directory.length + 1;
    const names: string[] = [];
    for (const path of this.#nodes.keys()) {
      if (path.startsWith(`${directory}/`) && !path.includes('/', from)) names.push(path.slice(from));
    }
    return names.toSorted();
  }

  #below(path: string): readonly string[] {
    return [...this.#nodes.keys()].filter((name) => name.startsWith(`${path}/`));
  }

  #drop(path: string): void {
    this.#nodes.delete(path);
    this.#lists.clear();
    this.#touch(parentOf(path), this.#tick());
  }

  #touch(path: string, ctimeMs: number): void {
    const now = this.#nodes.get(path);
    if (now !== undefined) this.#nodes.set(path, { ...now, ctimeMs });
  }
}
