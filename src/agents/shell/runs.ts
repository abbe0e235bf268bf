import path from 'node:path';
import { foundBy, readFind } from './find';
import { bracesOf } from './globs';
import { baseName, codeOption, handsOn, interpreters, removers, runners, shells, wrappers } from './programs';
import { codeRuns } from './code';
import { formatted, unescaped } from './printed';
import { unknown, type Code, type Place, type Reading, type Run } from './reading';
import type { ParseShell, Set, Step, Streams, Word } from './words';

/**
 * What a shell's text runs, as far as its words say it: variables, functions and files that the same text makes are followed;
 * what is handed to another shell or to an interpreter is code, what is printed or stored is not.
 */

/** Between the words that one expansion gives. */
const between = '\u0001';

const stepLimit = 3_000;
const depthLimit = 12;
const textLimit = 100_000;
/** So many substitutions may stand in a text: what a parser takes for them grows with the square of their number. */
const substitutionLimit = 2_000;
const wordLimit = 2_000;

/** @param args what `$@` stands for. */
export function readRuns(
  parse: ParseShell,
  text: string,
  place: Place,
  args: readonly string[] = [],
): Reading {
  const reader = new ShellReader(parse, place, args);
  reader.read(text, undefined);
  if (reader.steps > stepLimit) {
    reader.unread.push(text);
  }
  return reader;
}

class ShellReader implements Reading {
  readonly runs: Run[] = [];
  readonly code: Code[] = [];
  readonly unread: string[] = [];
  private readonly variables: Map<string, string>;
  private readonly functions = new Map<string, readonly Step[]>();
  private readonly aliases = new Map<string, string>();
  private readonly files = new Map<string, string>();
  private cwd: string | undefined;
  private readonly folders: (string | undefined)[] = [];
  private dots = false;
  steps = 0;
  private depth = 0;

  constructor(
    private readonly parse: ParseShell,
    private readonly place: Place,
    args: readonly string[],
  ) {
    this.cwd = place.cwd;
    this.variables = new Map(
      Object.entries(place.environment).flatMap(([name, value]) =>
        value === undefined || name === 'IFS' ? [] : [[name, value] as const],
      ),
    );
    this.variables.set('PWD', place.cwd);
    this.setArguments(args);
  }

  /** Runs a text. @returns what it prints, as far as that can be told. */
  read(text: string, input: string | undefined): string | undefined {
    const plain = text.replaceAll(between, ' ');
    const tooMuch =
      plain.length > textLimit ||
      this.depth >= depthLimit ||
      (plain.match(/\$\(|`|[<>]\(/g)?.length ?? 0) > substitutionLimit;
    const steps = tooMuch ? undefined : this.parse(plain);
    if (steps === undefined) {
      this.unread.push(plain);
      return undefined;
    }
    return this.deeper(() => this.all(steps, input));
  }

  private deeper<T>(act: () => T): T | undefined {
    if (this.depth >= depthLimit) {
      return undefined;
    }
    this.depth += 1;
    try {
      return act();
    } finally {
      this.depth -= 1;
    }
  }

  private all(steps: readonly Step[], input: string | undefined): string | undefined {
    const printed = steps.flatMap((step) => this.step(step, input) ?? []);
    return printed.length === 0 ? undefined : printed.join('').slice(0, textLimit);
  }

  private step(step: Step, input: string | undefined): string | undefined {
    this.steps += 1;
    if (this.steps > stepLimit) {
      return undefined;
    }
    switch (step.kind) {
      case 'pipe': {
        let handed = input;
        for (const stage of step.stages) {
          handed = this.step(stage, handed);
        }
        return handed;
      }
      case 'function':
        this.functions.set(step.name, step.steps);
        return undefined;
      case 'block': {
        const [cwd, given] = [this.cwd, this.inputOf(step, input)];
        const printed = this.written(step, this.block(step, given));
        if (step.subshell) {
          this.cwd = cwd;
        }
        return printed;
      }
      case 'command': {
        if (step.words.length === 0) {
          for (const one of step.sets) {
            this.set(one);
          }
          return undefined;
        }
        const before = new Map(step.sets.map(({ name }) => [name, this.variables.get(name)]));
        for (const one of step.sets) {
          this.set(one);
        }
        const words = step.words.flatMap((word) => this.expand(word)).slice(0, wordLimit);
        const printed = this.written(step, this.command(words, this.inputOf(step, input)));
        for (const { name } of step.sets) {
          this.setVariable(name, before.get(name));
        }
        return printed;
      }
    }
  }

  private block(
    { steps, loop }: Extract<Step, { readonly kind: 'block' }>,
    input: string | undefined,
  ): string | undefined {
    if (loop === undefined) {
      return this.all(steps, input);
    }
    const values = loop.words.flatMap((word) => this.expand(word)).slice(0, 50);
    return values
      .flatMap((value) => {
        this.variables.set(loop.name, value);
        return this.all(steps, input) ?? [];
      })
      .join('');
  }

  private inputOf({ text, from }: Streams, input: string | undefined): string | undefined {
    if (text !== undefined) {
      return this.whole(text);
    }
    return from === undefined ? input : this.contents(this.whole(from), input);
  }

  private written({ to }: Streams, printed: string | undefined): string | undefined {
    if (to === undefined) {
      return printed;
    }
    this.store(this.whole(to), printed);
    return undefined;
  }

  private store(name: string, text: string | undefined): void {
    const file = this.absolute(name);
    if (file !== undefined && text !== undefined) {
      this.files.set(file, `${this.files.get(file) ?? ''}${text}`);
    }
  }

  private contents(name: string, input: string | undefined): string | undefined {
    if (name === '-' || /^\/(?:dev\/stdin|dev\/fd\/0|proc\/self\/fd\/0)$/.test(name)) {
      return input;
    }
    const file = this.absolute(name);
    return file === undefined ? undefined : this.files.get(file);
  }

  private absolute(name: string): string | undefined {
    if (name.includes(unknown) || (this.cwd === undefined && !path.isAbsolute(name))) {
      return undefined;
    }
    return path.resolve(this.cwd ?? '/', name);
  }

  private set({ name, value, appends }: Set): void {
    const now = this.whole(value);
    const before = this.variables.get(name);
    const joint = value[0]?.kind === 'list' ? between : '';
    this.setVariable(name, appends && before !== undefined ? `${before}${joint}${now}` : now);
  }

  private setVariable(name: string, value: string | undefined): void {
    if (value === undefined) {
      this.variables.delete(name);
    } else {
      this.variables.set(name, value);
    }
  }

  private setArguments(args: readonly string[]): void {
    const joined = args.join(between);
    this.variables.set('@', joined).set('*', joined);
    for (let at = 1; at <= 9; at += 1) {
      this.setVariable(String(at), args[at - 1]);
    }
  }

  /** A word as one text. */
  private whole(word: Word): string {
    return this.texts(word)[0] ?? '';
  }

  /** What a word stands for: none, one or several words. */
  private expand(word: Word): string[] {
    const quoted = word.some((part) => (part.kind === 'text' ? true : 'quoted' in part && part.quoted));
    return this.texts(word).flatMap((text) => {
      const words = text.split(between);
      return words.length > 1 ? words.filter((one) => one !== '') : text === '' && !quoted ? [] : [text];
    });
  }

  /** The word by each of its alternatives in braces, with what is split still in one. */
  private texts(word: Word): string[] {
    let texts = [''];
    for (const [at, part] of word.entries()) {
      const more = this.part(part, at === 0);
      texts = texts.flatMap((text) => more.map((one) => `${text}${one}`)).slice(0, 64);
    }
    return texts.map((text) => text.slice(0, textLimit));
  }

  private part(part: Word[number], first: boolean): readonly string[] {
    switch (part.kind) {
      case 'text':
        return [first ? part.text.replace(/^~(?=\/|$)/, this.variables.get('HOME') ?? '~') : part.text];
      case 'braces':
        return bracesOf(part.text);
      case 'list':
        return [part.words.flatMap((word) => this.expand(word)).join(between)];
      case 'file': {
        const text = this.deeper(() => this.all(part.steps, undefined));
        const name = `/dev/fd/belay-${this.steps}-${this.files.size}`;
        if (text !== undefined) {
          this.files.set(name, text);
        }
        return [name];
      }
      case 'output': {
        const text = (this.outputOf(part.steps) ?? unknown).replace(/\n+$/, '');
        return [part.quoted ? text : text.replace(/\s+/g, between)];
      }
      case 'variable': {
        const set = this.variables.get(part.name);
        const otherwise = part.otherwise === undefined ? undefined : this.whole(part.otherwise);
        const value = part.changed ? unknown : set === undefined || set === '' ? otherwise : set;
        const text = value ?? (set === '' ? '' : unknown);
        return [part.quoted ? text : text.replace(/\s+/g, between)];
      }
    }
  }

  /** What a substitution gives. */
  private outputOf(steps: readonly Step[]): string | undefined {
    const [cwd, before] = [this.cwd, this.runs.length];
    const text = this.deeper(() => this.all(steps, undefined));
    this.cwd = cwd;
    const asked = this.runs.slice(before).at(-1);
    if (text === undefined && asked !== undefined && baseName(asked.program) === 'git') {
      return this.saidByGit(asked.args);
    }
    return text;
  }

  private saidByGit(args: readonly string[]): string | undefined {
    if (!args.includes('rev-parse')) {
      return undefined;
    }
    const { top, gitDir, commonDir } = this.place;
    return args.includes('--show-toplevel')
      ? top
      : args.includes('--git-common-dir')
        ? commonDir
        : args.some((word) => /^--(?:absolute-)?git-dir$/.test(word))
          ? gitDir
          : undefined;
  }

  /** Runs one command. @returns what it prints, as far as that can be told. */
  private command(words: readonly string[], input: string | undefined): string | undefined {
    const [program = '', ...args] = words;
    this.steps += 1;
    if (this.steps > stepLimit) {
      return undefined;
    }
    const called = this.functions.get(program);
    if (called !== undefined) {
      return this.call(called, args, input);
    }
    const alias = this.aliases.get(program);
    if (alias !== undefined && baseName(alias.split(' ')[0] ?? '') !== program) {
      return this.read(`${alias} ${args.map(quoted).join(' ')}`, input);
    }
    const name = baseName(program);
    return (
      this.builtin(name, args, input) ??
      this.shell(name, program, args, input) ??
      this.printing(name, args, input) ??
      this.other(name, program, args, input)
    ).printed;
  }

  private call(
    steps: readonly Step[],
    args: readonly string[],
    input: string | undefined,
  ): string | undefined {
    const before = (this.variables.get('@') ?? '').split(between);
    this.setArguments(args);
    const printed = this.deeper(() => this.all(steps, input));
    this.setArguments(before);
    return printed;
  }

  /** What changes the shell itself. */
  private builtin(name: string, args: readonly string[], input: string | undefined): Printed | undefined {
    switch (name) {
      case 'cd':
      case 'pushd':
      case 'chdir': {
        const [to] = args.filter((word) => !/^-[LPe@]*$/.test(word) || word === '-');
        this.folders.push(this.cwd);
        this.cwd =
          to === '-' ? this.folders.at(-2) : this.absolute(to ?? this.variables.get('HOME') ?? unknown);
        this.setVariable('PWD', this.cwd);
        return nothing;
      }
      case 'popd':
        this.cwd = this.folders.pop();
        return nothing;
      case 'export':
      case 'declare':
      case 'local':
      case 'typeset':
      case 'readonly':
        for (const word of args) {
          const set = /^(\w+)\+?=(.*)$/s.exec(word);
          this.setVariable(set?.[1] ?? '', set?.[2]);
        }
        return nothing;
      case 'alias':
        for (const word of args) {
          const set = /^([^=]+)=(.*)$/s.exec(word);
          if (set !== null) {
            this.aliases.set(set[1] ?? '', set[2] ?? '');
          }
        }
        return nothing;
      case 'set':
        if (args.includes('--')) {
          this.setArguments(args.slice(args.indexOf('--') + 1));
        }
        return nothing;
      case 'shopt':
      case 'setopt':
        this.dots ||= args.some((word) => /^(?:dotglob|glob_?dots)$/i.test(word)) && !args.includes('-u');
        return nothing;
      case 'read':
      case 'mapfile':
      case 'readarray':
        for (const word of args.filter((one) => /^[A-Za-z_]\w*$/.test(one))) {
          this.setVariable(word, input?.trim().replace(/\s*[\n\0]\s*/g, between));
        }
        return nothing;
      case 'eval':
        return said(this.read(args.join(' '), input));
      case 'trap':
        return said(this.read(args.find((word) => !word.startsWith('-')) ?? '', undefined));
      case '.':
      case 'source': {
        const text = this.contents(args[0] ?? '', input);
        return text === undefined ? undefined : said(this.read(text, input));
      }
      default:
        return undefined;
    }
  }

  /** Shells and other interpreters, and files that the same text has written. */
  private shell(
    name: string,
    program: string,
    args: readonly string[],
    input: string | undefined,
  ): Printed | undefined {
    const own = /[/\\]/.test(program) ? this.contents(program, undefined) : undefined;
    if (own !== undefined) {
      return this.file(own, args);
    }
    if (shells.test(name) || name === 'su') {
      this.dots ||= args.includes('dotglob');
      const at = args.findIndex((word) => /^-[a-zA-Z]*c[a-zA-Z]*$/.test(word) || word === '--command');
      if (at >= 0) {
        const rest = args.slice(at + 1);
        const start = rest.findIndex((word) => !/^[-+][a-zA-Z]+$/.test(word));
        const [text = '', , ...more] = start < 0 ? [] : rest.slice(start);
        return said(this.inside(text, more, input));
      }
      const [script, ...more] = args.filter((word) => !/^[-+]/.test(word) || word === '-');
      const given = args.includes('-s') ? undefined : script;
      const text = given === undefined ? input : this.contents(given, input);
      return text === undefined
        ? nothing
        : said(this.inside(text, given === undefined ? [] : more, undefined));
    }
    if (interpreters.test(name)) {
      this.interpreter(name, args, input);
      return nothing;
    }
    return undefined;
  }

  private file(text: string, args: readonly string[]): Printed {
    const other = /^#!.*\b(\w+)\s*\n/.exec(text)?.[1] ?? 'sh';
    if (interpreters.test(other)) {
      this.addCode(text);
      return nothing;
    }
    return said(this.inside(text, args, undefined));
  }

  /** In a shell of its own. */
  private inside(text: string, args: readonly string[], input: string | undefined): string | undefined {
    const [cwd, before] = [this.cwd, (this.variables.get('@') ?? '').split(between)];
    this.setArguments(args);
    const printed = this.read(text, input);
    this.setArguments(before);
    this.cwd = cwd;
    return printed;
  }

  private interpreter(name: string, args: readonly string[], input: string | undefined): void {
    if (/awk$/.test(name)) {
      for (const text of args.filter((word) => /system\s*\(|\|\s*(?:getline|["'])|["']\s*\|/.test(word))) {
        this.addCode(text);
      }
      return;
    }
    const option = codeOption(name);
    const codes = args.flatMap((word, at) => {
      const joined = /^--(?:eval|print)=(.*)$/s.exec(word)?.[1];
      return joined ?? (option.test(word) || (at === 0 && word === 'eval') ? (args[at + 1] ?? []) : []);
    });
    const script = args.find((word) => !word.startsWith('-') && word !== 'run');
    const piped = codes.length > 0 ? undefined : script === undefined ? input : this.contents(script, input);
    for (const text of piped === undefined ? codes : [...codes, piped]) {
      this.addCode(text);
      if (/^p(?:owershell|wsh)$/i.test(name)) {
        // Its commands stand in the text as a shell's do.
        this.inTurn(() => this.read(text, undefined));
      }
    }
  }

  private addCode(text: string): void {
    this.code.push({ text, cwd: this.cwd });
    for (const found of codeRuns(text.slice(0, textLimit))) {
      if (found.kind === 'words') {
        this.inTurn(() => this.command(found.words, undefined));
      } else {
        this.inTurn(() => {
          const unread = this.unread.length;
          this.read(found.text, undefined);
          // A text in code is seldom a shell's: one that cannot be read is none.
          if (!/\bgit\b/.test(found.text)) {
            this.unread.splice(unread);
          }
        });
      }
    }
  }

  private inTurn(act: () => unknown): void {
    const cwd = this.cwd;
    this.deeper(act);
    this.cwd = cwd;
  }

  /** What only prints, searches or hands on. */
  private printing(name: string, args: readonly string[], input: string | undefined): Printed | undefined {
    switch (name) {
      case 'echo': {
        const at = args.findIndex((word) => !/^-[neE]+$/.test(word));
        const escapes = args.slice(0, Math.max(0, at)).some((word) => word.includes('e'));
        const text = (at < 0 ? [] : args.slice(at)).join(' ');
        return said(`${escapes ? unescaped(text) : text}\n`);
      }
      case 'printf':
        return args[0] === '-v'
          ? (this.setVariable(args[1] ?? '', formatted(args.slice(2))), nothing)
          : said(formatted(args));
      case 'pwd':
        return said(this.cwd);
      case 'which':
      case 'whence':
        return said(args.find((word) => !word.startsWith('-')));
      case 'type':
        return said(args.find((word) => !word.startsWith('-')));
      case 'ls':
        return args.some((word) => /^-[a-zA-Z]*[aA]/.test(word) || /^--(?:almost-)?all$/.test(word))
          ? said(`.git\n`)
          : nothing;
      case 'base64':
        return input !== undefined && args.some((word) => /^(?:-d|-D|--decode)$/.test(word))
          ? said(Buffer.from(input, 'base64').toString('utf8'))
          : nothing;
      default: {
        if (!handsOn.test(name) || interpreters.test(name)) {
          return undefined;
        }
        const named = args.filter((word) => !word.startsWith('-'));
        if (name === 'tee' || name === 'sponge') {
          for (const file of named) {
            this.store(file, input);
          }
          return said(input);
        }
        const texts = named.flatMap((file) => this.contents(file, input) ?? []);
        return said(texts.length > 0 ? texts.join('') : input);
      }
    }
  }

  private other(name: string, program: string, args: readonly string[], input: string | undefined): Printed {
    if (
      (name === 'command' || name === 'type') &&
      args.some((word) => /^-[vVpP]+$/.test(word) && /[vVP]/.test(word))
    ) {
      return said(args.find((word) => !word.startsWith('-')));
    }
    const wrapper = wrappers.get(name);
    if (wrapper !== undefined) {
      return this.wrapped(name, args, wrapper, input);
    }
    if (name === 'xargs' || name === 'parallel') {
      this.xargs(args, input);
      return nothing;
    }
    if (name === 'find' || name === 'fd' || name === 'fdfind') {
      return this.find(program, args);
    }
    this.add(program, args);
    const codes = args.flatMap((word, at) => (codeWord.test(word) ? (args[at + 1] ?? []) : []));
    if (codes.length > 0 && !isOfInterest(name) && !stores.test(name)) {
      for (const text of codes) {
        this.inTurn(() => this.read(text, undefined));
      }
      return nothing;
    }
    // What one runs for another stands among its words.
    const at =
      runners.test(name) || program === unknown ? args.findIndex((word) => isOfInterest(baseName(word))) : -1;
    return at < 0 ? nothing : said(this.command(args.slice(at), input));
  }

  private add(program: string, args: readonly string[]): void {
    // Nobody else's matter.
    const variables = /git|\0/i.test(program) ? new Map(this.variables) : new Map<string, string>();
    this.runs.push({ program, args, cwd: this.cwd, dots: this.dots, variables });
  }

  private wrapped(
    name: string,
    args: readonly string[],
    { values, before }: { readonly values: RegExp; readonly before: number },
    input: string | undefined,
  ): Printed {
    let at = 0;
    let skip = before;
    for (; at < args.length; at += 1) {
      const word = args[at] ?? '';
      const code =
        /^-[a-zA-Z]*[cS]$|^--(?:command|split-string)$/.test(word) && /^(?:flock|script|env|npx)$/.test(name);
      const joined = name === 'env' ? /^(?:-S|--split-string=)(.+)$/s.exec(word)?.[1] : undefined;
      if (code || joined !== undefined) {
        return said(this.read(joined ?? args[at + 1] ?? '', input));
      }
      if (word === '--') {
        at += 1;
        break;
      }
      const set = name === 'env' || name === 'sudo' ? /^(\w+)=(.*)$/s.exec(word) : null;
      if (set !== null) {
        this.setVariable(set[1] ?? '', set[2]);
      } else if (values.test(word)) {
        at += 1;
      } else if (!/^-./.test(word) && word !== '-') {
        if (skip === 0) {
          break;
        }
        skip -= 1;
      }
    }
    const rest = args.slice(at + (args[at - 1] === '--' ? skip : 0));
    const [only = ''] = rest;
    return said(
      rest.length === 1 && /\s/.test(only)
        ? this.read(only, input)
        : rest.length === 0
          ? undefined
          : this.command(rest, input),
    );
  }

  private xargs(args: readonly string[], input: string | undefined): void {
    let replaced: string | undefined = args.includes('--replace') || args.includes('-i') ? '{}' : undefined;
    let at = 0;
    for (; at < args.length; at += 1) {
      const word = args[at] ?? '';
      const joined = /^-[Ii](.+)$/.exec(word)?.[1] ?? /^--replace=(.+)$/.exec(word)?.[1];
      if (joined !== undefined) {
        replaced = joined;
      } else if (word === '-I' || word === '-J') {
        replaced = args[at + 1];
        at += 1;
      } else if (/^(?:-[nPLdEsaj]|--(?:max-args|max-procs|max-lines|delimiter|arg-file|jobs))$/.test(word)) {
        at += 1;
      } else if (!word.startsWith('-')) {
        break;
      }
    }
    const text = input === undefined ? unknown : input.trim();
    const handed = text.split(/[\s\0]+/).filter((word) => word !== '');
    const own = args.slice(at).flatMap((word) => (word === ':::' ? [] : [word]));
    const words = handed.length === 0 ? [unknown] : handed;
    if (own.length === 0 || (own.length === 1 && /\s/.test(own[0] ?? ''))) {
      // parallel runs the lines themselves, or a text.
      this.inTurn(() => this.read([...own, ...words].join(' '), undefined));
      return;
    }
    const place = replaced ?? (args.includes('{}') ? '{}' : undefined);
    if (place === undefined) {
      this.inTurn(() => this.command([...own, ...words], undefined));
      return;
    }
    for (const one of text.split('\n')) {
      const put = own.map((word) => word.replaceAll(place, one));
      this.inTurn(() =>
        this.command(
          put.flatMap((word, nth) => (own[nth] === place ? word.split(/\s+/) : [word])),
          undefined,
        ),
      );
    }
  }

  private find(program: string, args: readonly string[]): Printed {
    this.add(program, args);
    const fd = baseName(program) !== 'find';
    if (fd) {
      const at = args.findIndex((word) => /^(?:-[xX]|--exec|--exec-batch)$/.test(word));
      if (at >= 0) {
        this.inTurn(() =>
          this.command(
            args.slice(at + 1).map((word) => (word === '{}' ? unknown : word)),
            undefined,
          ),
        );
      }
      return nothing;
    }
    const search = readFind(args);
    const found = this.cwd === undefined ? [] : foundBy(search, this.cwd, this.place.findable);
    const names = found.length === 0 ? [unknown] : found;
    for (const command of search.commands) {
      const words = command.flatMap((word) =>
        word === '{}' ? names : [word.replaceAll('{}', names[0] ?? unknown)],
      );
      this.inTurn(() => this.command(words, undefined));
    }
    return said(found.length === 0 ? undefined : `${found.join('\n')}\n`);
  }
}

interface Printed {
  readonly printed: string | undefined;
}
const nothing: Printed = { printed: undefined };
function said(printed: string | undefined): Printed {
  return { printed };
}

/** Programs that take texts to search for or to store, by options that others take code by. */
const stores =
  /^(?:git|gh|glab|grep|egrep|fgrep|rg|ag|ack|sed|jq|yq|curl|wget|gcc|cc|clang|make|tar|wc|sort|cut|head|tail|docker|podman|npm|pnpm|yarn)$/;

const codeWord = /^(?:-c|--command|--run|--exec|--eval|--shell)$/;

function isOfInterest(name: string): boolean {
  return (
    /^git(?:-|$)/.test(name) ||
    shells.test(name) ||
    removers.test(name) ||
    wrappers.has(name) ||
    /^(?:mv|find|xargs|eval)$/.test(name)
  );
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
