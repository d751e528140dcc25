import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

/** A page of the documentation. */
export interface Page {
  /** Path from the checkout, such as `docs/safety.md`. */
  readonly path: string;
  readonly text: string;
}

/** A fenced block; its first line number in the page is for people who look for it. */
export interface Block {
  readonly page: string;
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

/** Every page that people read: the README and all below docs. */
export function pages(): readonly Page[] {
  const below = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' });
  const paths = ['README.md', ...below.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];
  return paths.toSorted().map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

export function blocks({ path, text }: Page): readonly Block[] {
  const fence = /^```([^\n]*)\n(.*?)^```$/gms;
  return [...text.matchAll(fence)].map(({ 1: language = '', 2: body = '', index }) => ({
    page: path,
    line: text.slice(0, index).split('\n').length + 1,
    language,
    text: body,
  }));
}

/** The page without its fenced blocks. */
const prose = ({ text }: Page): string => text.replaceAll(/^```.*?^```$/gms, '');

/** Command lines that begin with `mosaic`: what is typed in blocks, and what stands in prose as code. */
export function commandLines(page: Page): readonly string[] {
  const typed = blocks(page).flatMap(({ language, text }) => {
    const lines = text.replaceAll('\\\n', ' ').split('\n');
    if (language === 'console') return lines.flatMap((line) => /^\$ (.*)$/.exec(line)?.[1] ?? []);
    return ['sh', 'bash'].includes(language) ? lines : [];
  });
  const inline = [...prose(page).matchAll(/`([^`\n]+)`/g)].map(({ 1: code = '' }) => code);
  return [...typed, ...inline].flatMap(ofMosaic);
}

/** The parts of a shell line that run mosaic, without redirections, comments and variables set before. */
const ofMosaic = (line: string): readonly string[] =>
  line
    .replace(/\s#\s.*$/, '')
    .split(/\s(?:\|\||&&|\||;)\s/)
    .map((part) => part.trim().replace(/^(?:(?:if|until|while)\s+!?\s*|[A-Z_]+=\S+\s+)+/, ''))
    .filter((part) => /^mosaic\s/.test(part))
    .map((part) => part.replace(/\s\d?>.*$/, '').replace(/\s;.*$|;$/, ''));

/** Where the page's relative links lead: a path from the checkout, and the heading there if one is named. */
export function links(page: Page): readonly { readonly path: string; readonly heading: string }[] {
  const targets = [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(({ 1: target = '' }) => target);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [file = '', heading = ''] = target.split('#');
      const path = file === '' ? page.path : join(page.path, '..', file);
      return { path, heading };
    });
}

/** The anchors that a page's headings get where Markdown is shown. */
export const anchors = (text: string): readonly string[] =>
  [...prose({ path: '', text }).matchAll(/^#+ (.*)$/gm)].map(({ 1: title = '' }) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-'),
  );
