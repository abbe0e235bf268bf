import { isDeepStrictEqual } from 'node:util';
import type { Node } from 'jsonc-parser';
import * as v from 'valibot';
import type { JsonHooks } from '../agents/installation';
import { BelayError } from '../errors';
import type { Connected, Format, FormatState } from './format';
import { innerText, treeOf, valueOf, valuesOf, withInner, withItem, withoutItem } from './jsonText';
import type { Made } from './connectionModel';

const anyObject = v.record(v.string(), v.unknown());
const grouped = v.object({ hooks: v.array(anyObject) });

/** An agent's JSON file. What else is in it stays byte for byte. */
export function jsonFormat(shape: JsonHooks): Format {
  return {
    executable: false,
    state: (text) => stateOf(shape, text),
    lacks: (text) => lacking(shape, text),
    connect: (text) => (text === undefined ? { text: fresh(shape), containers: [] } : connect(shape, text)),
    disconnect: (text, made) =>
      // A text that connecting alone would have written is nobody else's, unless it is known to have been there.
      isFresh(shape, text) && made?.file !== false ? undefined : disconnect(shape, text, made),
  };
}

function fresh({ head, events, entry }: JsonHooks): string {
  const hooks = Object.fromEntries(events.map((event) => [event, [entry(event)]]));
  return `${JSON.stringify({ ...head, hooks }, null, 2)}\n`;
}

/** Whether a text is what connecting has written where there was no file, in this release or in an earlier one. */
function isFresh(shape: JsonHooks, text: string): boolean {
  return text === fresh(shape) || text === fresh({ ...shape, events: shape.first });
}

/** The events that are not told, where all else is as it should be: it was connected by an earlier release. */
function lacking(shape: JsonHooks, text: string): string[] {
  const hooks = hooksOf(rootOf(text));
  const untold = shape.events.filter(
    (event) => listOf(hooks, event)?.children?.some((item) => holdsOurs(shape, item)) !== true,
  );
  const told = shape.events.filter((event) => !untold.includes(event));
  const isWhole = told.length > 0 && stateOf({ ...shape, events: told }, text) === 'connected';
  return isWhole && shape.first.every((event) => told.includes(event)) ? untold : [];
}

function stateOf(shape: JsonHooks, text: string | undefined): FormatState {
  if (text === undefined) {
    return 'absent';
  }
  const hooks = hooksOf(rootOf(text));
  const found = shape.events.map((event) => {
    const entries = listOf(hooks, event)?.children?.filter((item) => holdsOurs(shape, item)) ?? [];
    return entries.length === 0
      ? 'absent'
      : entries.length === 1 && isDeepStrictEqual(valueOf(entries[0]), shape.entry(event))
        ? 'connected'
        : 'partial';
  });
  const [first = 'absent'] = found;
  return found.every((state) => state === first) ? first : 'partial';
}

function connect(shape: JsonHooks, before: string): Connected {
  const containers: Made['containers'][number][] = [];
  const note = (keys: readonly string[], inner: string | null): void => {
    containers.push({ keys, inner });
  };
  let text = before;
  const missing = shape.events.filter((event) => {
    const list = listOf(hooksOf(rootOf(before)), event);
    return list?.children?.some((item) => holdsOurs(shape, item)) !== true;
  });
  if (missing.length === 0) {
    return { text, containers };
  }
  for (const [name, value] of Object.entries(shape.head)) {
    const root = rootOf(text);
    if (valuesOf(root, name).length === 0) {
      noteEmpty(text, root, [], note);
      text = withItem(text, root, value, name);
      note([name], null);
    }
  }
  for (const event of missing) {
    const root = rootOf(text);
    const hooks = hooksOf(root);
    const list = listOf(hooks, event);
    if (hooks === undefined) {
      noteEmpty(text, root, [], note);
      note(['hooks'], null);
      note(['hooks', event], null);
      text = withItem(text, root, { [event]: [shape.entry(event)] }, 'hooks');
    } else if (list === undefined) {
      noteEmpty(text, hooks, ['hooks'], note);
      note(['hooks', event], null);
      text = withItem(text, hooks, [shape.entry(event)], event);
    } else {
      noteEmpty(text, list, ['hooks', event], note);
      text = withItem(text, list, shape.entry(event));
    }
  }
  return { text: checked(text, expected(shape, before, missing)), containers };
}

function noteEmpty(
  text: string,
  container: Node,
  keys: readonly string[],
  note: (keys: readonly string[], inner: string | null) => void,
): void {
  const inner = innerText(text, container);
  // A comment stays where it is, so there is nothing to put back.
  if (inner.trim() === '') {
    note(keys, inner);
  }
}

/** What the file is to say once it is connected. */
function expected(shape: JsonHooks, before: string, missing: readonly string[]): unknown {
  const value = v.parse(anyObject, valueOf(rootOf(before)));
  const lists = v.parse(v.optional(anyObject, {}), value['hooks']);
  const more = missing.map((event): [string, unknown] => [
    event,
    [...v.parse(v.optional(v.array(v.unknown()), []), lists[event]), shape.entry(event)],
  ]);
  return { ...shape.head, ...value, hooks: { ...lists, ...Object.fromEntries(more) } };
}

function disconnect(shape: JsonHooks, before: string, made: Made | undefined): string | undefined {
  const innerOf = (keys: readonly string[]): string | null | undefined =>
    made?.containers.find((one) => isDeepStrictEqual(one.keys, keys))?.inner;
  let text = before;
  const events = (hooksOf(rootOf(before))?.children ?? []).map(({ children: [key] = [] }) =>
    String(key?.value),
  );
  const emptied = new Set<string>();
  for (const event of events) {
    for (let list = listOf(hooksOf(rootOf(text)), event); list !== undefined;) {
      const item = list.children?.find((one) => holdsOurs(shape, one));
      if (item === undefined) {
        break;
      }
      text = withoutOurs(shape, text, list, item);
      list = listOf(hooksOf(rootOf(text)), event);
      if (list?.children?.length === 0) {
        emptied.add(event);
      }
    }
  }
  if (text === before) {
    return before;
  }
  for (const event of emptied) {
    const hooks = hooksOf(rootOf(text));
    const list = listOf(hooks, event);
    text = emptiedContainer(text, hooks, list, innerOf(['hooks', event]));
  }
  const root = rootOf(text);
  const hooks = hooksOf(root);
  if (hooks?.children?.length === 0) {
    text = emptiedContainer(text, root, hooks, innerOf(['hooks']));
  }
  for (const name of Object.keys(shape.head)) {
    const object = rootOf(text);
    const [value] = valuesOf(object, name);
    if (innerOf([name]) === null && value?.parent !== undefined) {
      text = withoutItem(text, object, value.parent);
    }
  }
  const rest = rootOf(text);
  const inner = innerText(text, rest).trim() === '' ? innerOf([]) : undefined;
  if (typeof inner === 'string') {
    text = withInner(text, rest, inner);
  }
  if (!isDeepStrictEqual(othersIn(shape, text), othersIn(shape, before))) {
    throw unwritable();
  }
  return made?.file === true && isBare(shape, text) ? undefined : text;
}

/** All that a text says but Belay's hooks, and what is empty without them. */
function othersIn(shape: JsonHooks, text: string): unknown {
  const { hooks, ...rest } = v.parse(anyObject, valueOf(rootOf(text)));
  const others = Object.entries(v.parse(v.optional(anyObject, {}), hooks)).flatMap(([event, list]) => {
    const kept = v.parse(v.array(v.unknown()), list).flatMap((item) => without(shape, item));
    return kept.length === 0 ? [] : [[event, kept]];
  });
  const own = Object.keys(shape.head);
  return [Object.entries(rest).filter(([name]) => !own.includes(name)), others];
}

function without(shape: JsonHooks, item: unknown): unknown[] {
  if (shape.group === undefined) {
    return isOurHook(shape, item) ? [] : [item];
  }
  const found = v.safeParse(v.looseObject({ hooks: v.array(v.unknown()) }), item);
  if (!found.success) {
    return [item];
  }
  const kept = found.output.hooks.filter((one) => !isOurHook(shape, one));
  return kept.length === 0 && found.output.hooks.length > 0 ? [] : [{ ...found.output, hooks: kept }];
}

/** The text without Belay's hook, and without the entry around it where nothing else is in that. */
function withoutOurs(shape: JsonHooks, text: string, list: Node, item: Node): string {
  const handlers = shape.group === undefined ? undefined : valuesOf(item, shape.group)[0];
  const own = handlers?.children?.filter((one) => isOurHook(shape, valueOf(one))) ?? [];
  const [first] = own;
  return handlers === undefined || first === undefined || own.length === handlers.children?.length
    ? withoutItem(text, list, item)
    : withoutItem(text, handlers, first);
}

/** An emptied list or object gets back what was between its brackets, or goes where it was not there before. */
function emptiedContainer(
  text: string,
  parent: Node | undefined,
  container: Node | undefined,
  inner: string | null | undefined,
): string {
  if (parent === undefined || container?.parent === undefined) {
    return text;
  }
  if (innerText(text, container).trim() !== '') {
    // A person's comment.
    return text;
  }
  return typeof inner === 'string'
    ? withInner(text, container, inner)
    : withoutItem(text, parent, container.parent);
}

/** Whether nothing but what a new file must hold is left, not even a comment. */
function isBare(shape: JsonHooks, text: string): boolean {
  const value = JSON.stringify(valueOf(rootOf(text)));
  return (
    text.replace(/\s/g, '').length === value.length &&
    (value === '{}' || value === JSON.stringify(shape.head))
  );
}

/** @throws BelayError `config_unexpected` when the text does not say what it is meant to say. */
function checked(text: string, value: unknown): string {
  const root = treeOf(text);
  if (root === undefined || !isDeepStrictEqual(valueOf(root), value)) {
    throw unwritable();
  }
  return text;
}

function unwritable(): BelayError {
  return new BelayError(
    'config_unexpected',
    'Its entries cannot be told apart from what is written around them. Edit it yourself.',
  );
}

function rootOf(text: string): Node {
  const root = treeOf(text);
  if (root === undefined) {
    throw new BelayError('config_unreadable', 'It is not valid JSON.');
  }
  if (root.type !== 'object') {
    throw new BelayError('config_unexpected', 'It holds no JSON object.');
  }
  return root;
}

function hooksOf(root: Node): Node | undefined {
  return only(valuesOf(root, 'hooks'), 'hooks', 'object');
}

function listOf(hooks: Node | undefined, event: string): Node | undefined {
  return hooks && only(valuesOf(hooks, event), `hooks.${event}`, 'array');
}

function only(found: readonly Node[], name: string, type: 'object' | 'array'): Node | undefined {
  if (found.length > 1) {
    throw new BelayError('config_unexpected', `"${name}" is there more than once.`);
  }
  const [value] = found;
  if (value !== undefined && value.type !== type) {
    throw new BelayError(
      'config_unexpected',
      `"${name}" is not ${type === 'object' ? 'an object' : 'a list'}, as the agent's documentation has it.`,
    );
  }
  return value;
}

/** Whether an item of an event's list is, or has inside, Belay's hook. */
function holdsOurs(shape: JsonHooks, item: Node): boolean {
  const value = valueOf(item);
  if (shape.group === undefined) {
    return isOurHook(shape, value);
  }
  const found = v.safeParse(grouped, value);
  return found.success && found.output.hooks.some((one) => isOurHook(shape, one));
}

function isOurHook(shape: JsonHooks, value: unknown): boolean {
  const found = v.safeParse(anyObject, value);
  const command = found.success ? found.output[shape.key] : undefined;
  return typeof command === 'string' && shape.isOurs(command);
}
