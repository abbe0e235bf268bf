import { createScanner, getNodeValue, parseTree, type Node, type ParseError } from 'jsonc-parser';

/** A piece of text to be cut out or put in. */
interface Splice {
  readonly at: number;
  readonly length: number;
  readonly text: string;
}

/** Deeper than this nobody's settings go; parsers and printers that call themselves overflow somewhere above it. */
const deepest = 200;

/**
 * The tree of a text that is one JSON value, with or without comments and trailing commas; undefined when it is not, or when it
 * is nested too deeply.
 */
export function treeOf(text: string): Node | undefined {
  if (isTooDeep(text)) {
    return undefined;
  }
  const errors: ParseError[] = [];
  // A byte order mark is nothing that the parser knows.
  const root = parseTree(text.replace(/^\uFEFF/, ' '), errors, { allowTrailingComma: true });
  return errors.length === 0 ? root : undefined;
}

function isTooDeep(text: string): boolean {
  const scanner = createScanner(text, true);
  let depth = 0;
  for (scanner.scan(); scanner.getTokenOffset() < text.length; scanner.scan()) {
    const token = text[scanner.getTokenOffset()] ?? '';
    depth += '{['.includes(token) ? 1 : '}]'.includes(token) ? -1 : 0;
    if (depth > deepest) {
      return true;
    }
  }
  return false;
}

/** What a node says, as `JSON.parse` would have it: the parser's own objects are unlike all others. */
export function valueOf(node: Node | undefined): unknown {
  return node === undefined ? undefined : JSON.parse(JSON.stringify(getNodeValue(node)));
}

/** The values of an object's property of that name: none, one, or several where the name occurs again. */
export function valuesOf(object: Node, name: string): Node[] {
  return (object.children ?? []).flatMap(({ children: [key, value] = [] }) =>
    key?.value === name && value !== undefined ? [value] : [],
  );
}

/** The text between the brackets of an object or a list. */
export function innerText(text: string, container: Node): string {
  return text.slice(container.offset + 1, closeOf(container));
}

/**
 * The text with one more item at the end of an object or a list. Nothing else of it changes: what was on the last item's
 * line stays there, comments stay where they are, and so does a comma after the last item.
 * @param name the property's name, in an object.
 */
export function withItem(text: string, container: Node, value: unknown, name?: string): string {
  const last = container.children?.at(-1);
  const { end, comma } = tailOf(text, container);
  const style = styleOf(text);
  const after = comma === undefined ? '' : ',';
  const separate: Splice[] =
    last === undefined || comma !== undefined
      ? []
      : [{ at: last.offset + last.length, length: 0, text: ',' }];
  const inner = innerText(text, container);
  if (style.oneLine || (last !== undefined && !inner.includes('\n'))) {
    const item = named(name, JSON.stringify(value), ': ');
    return spliced(text, [
      ...separate,
      { at: end, length: 0, text: `${last === undefined ? '' : ' '}${item}${after}` },
    ]);
  }
  const base = indentAt(text, container.offset);
  const indent =
    last !== undefined && isFirstOnLine(text, last.offset) ? indentAt(text, last.offset) : base + style.unit;
  const rendered = JSON.stringify(value, null, style.unit).replaceAll('\n', style.eol + indent);
  const closing =
    last === undefined && !text.slice(end, closeOf(container)).includes('\n') ? style.eol + base : '';
  const item = `${style.eol}${indent}${named(name, rendered, ': ')}${after}${closing}`;
  return spliced(text, [...separate, { at: end, length: 0, text: item }]);
}

/** The reverse of {@link withItem}: the text without an item of an object (a property's node) or of a list. */
export function withoutItem(text: string, container: Node, item: Node): string {
  const children = container.children ?? [];
  const at = children.indexOf(item);
  const previous = children[at - 1];
  const next = children[at + 1];
  const stop = item.offset + item.length;
  const comma = commaIn(text, stop, next?.offset ?? closeOf(container));
  if (previous === undefined && next !== undefined) {
    const space = /^\s*/.exec(text.slice((comma ?? stop) + 1))?.[0].length ?? 0;
    return spliced(text, [{ at: item.offset, length: (comma ?? stop) + 1 + space - item.offset, text: '' }]);
  }
  const start = item.offset - (/\s*$/.exec(text.slice(0, item.offset))?.[0].length ?? 0);
  const cuts: Splice[] = [{ at: start, length: stop - start, text: '' }];
  const own = comma ?? (previous && commaIn(text, previous.offset + previous.length, item.offset));
  return spliced(text, own === undefined ? cuts : [...cuts, { at: own, length: 1, text: '' }]);
}

/** The text with an empty object or list that has `inner` between its brackets. */
export function withInner(text: string, container: Node, inner: string): string {
  return spliced(text, [{ at: container.offset + 1, length: container.length - 2, text: inner }]);
}

function named(name: string | undefined, item: string, colon: string): string {
  return name === undefined ? item : `${JSON.stringify(name)}${colon}${item}`;
}

function closeOf(container: Node): number {
  return container.offset + container.length - 1;
}

/** Where the last comma, comment or item of a container ends, and the comma after its last item, if there is one. */
function tailOf(text: string, container: Node): { readonly end: number; readonly comma: number | undefined } {
  const last = container.children?.at(-1);
  const start = last === undefined ? container.offset + 1 : last.offset + last.length;
  let end = start;
  for (const token of tokensIn(text, start, closeOf(container))) {
    end = token.offset + token.length;
  }
  return { end, comma: commaIn(text, start, closeOf(container)) };
}

function commaIn(text: string, from: number, to: number): number | undefined {
  return tokensIn(text, from, to).find(({ offset }) => text[offset] === ',')?.offset;
}

/** The commas and comments in a stretch between two items. */
function tokensIn(
  text: string,
  from: number,
  to: number,
): { readonly offset: number; readonly length: number }[] {
  const scanner = createScanner(text, false);
  scanner.setPosition(from);
  const found: { offset: number; length: number }[] = [];
  for (scanner.scan(); scanner.getTokenOffset() < to; scanner.scan()) {
    const token = { offset: scanner.getTokenOffset(), length: scanner.getTokenLength() };
    if (text.slice(token.offset, token.offset + token.length).trim() !== '') {
      found.push(token);
    }
  }
  return found;
}

interface Style {
  readonly eol: string;
  readonly unit: string;
  /** All of it is on one line, and it is not just an empty object. */
  readonly oneLine: boolean;
}

function styleOf(text: string): Style {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const unit = /\n([ \t]+)\S/.exec(text)?.[1] ?? '  ';
  const value = text.replace(/^\uFEFF/, '').trim();
  return { eol, unit, oneLine: !value.includes('\n') && !/^\{\s*\}$/.test(value) };
}

function indentAt(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  return /^[ \t]*/.exec(line)?.[0] ?? '';
}

function isFirstOnLine(text: string, offset: number): boolean {
  return text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset).trim() === '';
}

/** With all of them done; of two at the same place, the first comes first. */
function spliced(text: string, splices: readonly Splice[]): string {
  return [...splices]
    .reverse()
    .sort((a, b) => b.at - a.at)
    .reduce(
      (result, { at, length, text: put }) => result.slice(0, at) + put + result.slice(at + length),
      text,
    );
}
