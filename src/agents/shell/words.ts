import type {
  ArrayValue,
  Assignment,
  CommandArgument,
  CommandNode,
  CompoundList,
  ParsedScript,
  PipelineNode,
  Redirection,
  Statement,
  SyntaxNode,
  Word as ParsedWord,
  WordPart,
} from 'unbash';

/**
 * The one door to the parser of shell texts. What it gives is plain data that says what a text would run, word by word, with quotes
 * taken away; what a variable or a substitution stands for is left to the reader.
 */

/** A piece of a word. What is quoted is neither split nor a pattern. */
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  /** `{a,b}`, as it is written. */
  | { readonly kind: 'braces'; readonly text: string }
  | {
      readonly kind: 'variable';
      readonly name: string;
      /** What stands for it where it is not set (`${x:-y}`). */
      readonly otherwise: Word | undefined;
      /** Whether something is done to its value. */
      readonly changed: boolean;
      readonly quoted: boolean;
    }
  | { readonly kind: 'output'; readonly steps: readonly Step[]; readonly quoted: boolean }
  /** `<(…)`: a file that holds what is printed. */
  | { readonly kind: 'file'; readonly steps: readonly Step[] }
  /** `(a b)` of an assignment. */
  | { readonly kind: 'list'; readonly words: readonly Word[] };

export type Word = readonly Part[];

export interface Set {
  readonly name: string;
  readonly value: Word;
  /** `+=` */
  readonly appends: boolean;
}

/** Where a command reads from and writes to. */
export interface Streams {
  /** The text of a heredoc or of a here string. */
  readonly text: Word | undefined;
  readonly from: Word | undefined;
  readonly to: Word | undefined;
}

/** What a shell does, in the order of the text. Of a condition, both branches are steps. */
export type Step =
  | ({
      readonly kind: 'command';
      readonly sets: readonly Set[];
      readonly words: readonly Word[];
    } & Streams)
  | { readonly kind: 'pipe'; readonly stages: readonly Step[] }
  | ({
      readonly kind: 'block';
      readonly steps: readonly Step[];
      readonly subshell: boolean;
      readonly loop: { readonly name: string; readonly words: readonly Word[] } | undefined;
    } & Streams)
  | { readonly kind: 'function'; readonly name: string; readonly steps: readonly Step[] };

/** Reads a text; undefined where it is no shell text, or where it breaks off. */
export type ParseShell = (text: string) => readonly Step[] | undefined;

/** Loads the parser, which is a piece of the program of its own. Where that piece is missing, no text can be read. */
export async function loadShell(): Promise<ParseShell> {
  const loaded = await import('unbash').catch(whenMissing);
  if (loaded === undefined) {
    return () => undefined;
  }
  const { parse, forEachChild } = loaded;
  return (text) => {
    try {
      return new Reading(forEachChild).steps(parse(text));
    } catch (thrown) {
      // Whatever it stumbles over (a RangeError where it is nested deeply): the text counts as one that cannot be read.
      if (thrown instanceof Error) {
        return undefined;
      }
      throw thrown;
    }
  };
}

function whenMissing(thrown: unknown): undefined {
  if (!(thrown instanceof Error)) {
    throw thrown;
  }
}

class Unreadable extends Error {}

const noStreams: Streams = { text: undefined, from: undefined, to: undefined };

/** Makes steps of what the parser gives. */
class Reading {
  constructor(private readonly forEachChild: (node: SyntaxNode, call: (child: SyntaxNode) => void) => void) {}

  /** @throws Unreadable */
  steps(script: ParsedScript): Step[] {
    const steps = script.commands.flatMap((statement) => this.statement(statement));
    // What lies deeper is read on the way, and only then its errors are known.
    if (script.errors !== undefined && script.errors.length > 0) {
      throw new Unreadable();
    }
    return steps;
  }

  private list(list: CompoundList): Step[] {
    return list.commands.flatMap((statement) => this.statement(statement));
  }

  private statement({ command }: Statement): Step[] {
    return command.type === 'AndOr'
      ? command.commands.flatMap((one) => this.pipeline(one))
      : this.pipeline(command);
  }

  private pipeline(node: PipelineNode): Step[] {
    if (node.type !== 'Pipeline') {
      return this.node(node);
    }
    const stages = node.commands.map((command) => one(this.node(command)));
    return stages.length === 1 ? stages : [{ kind: 'pipe', stages }];
  }

  private node(node: CommandNode | CompoundList): Step[] {
    switch (node.type) {
      case 'Command':
        return [
          {
            kind: 'command',
            sets: node.prefix.flatMap((prefix) => (prefix.type === 'Assignment' ? [this.set(prefix)] : [])),
            words: [...(node.name === undefined ? [] : [node.name]), ...node.args].map((word) =>
              this.argument(word),
            ),
            ...this.streams(node.redirects),
          },
        ];
      case 'Redirected':
        return [{ ...block(this.node(node.command)), ...this.streams(node.redirects) }];
      case 'If':
        return [
          ...this.list(node.clause),
          ...this.list(node.then),
          ...node.elif.flatMap((other) => [...this.list(other.clause), ...this.list(other.then)]),
          ...(node.else === undefined ? [] : this.list(node.else)),
        ];
      case 'For':
      case 'Select': {
        const words = node.wordlist?.map((word) => this.word(word)) ?? [everyArgument];
        return [{ ...block(this.list(node.body)), loop: { name: node.name.value, words } }];
      }
      case 'While':
        return [block([...this.list(node.clause), ...this.list(node.body)])];
      case 'ArithmeticFor':
        return [...this.within(node), ...this.list(node.body)];
      case 'Subshell':
        return [{ ...block(this.list(node.body)), subshell: true }];
      case 'BraceGroup':
        return [block(this.list(node.body))];
      case 'CompoundList':
        return this.list(node);
      case 'Case':
        return [...this.within(node.word), ...node.items.flatMap((item) => this.list(item.body))];
      case 'TestCommand':
      case 'ArithmeticCommand':
        return this.within(node);
      case 'Function':
        return [{ kind: 'function', name: node.name.value, steps: this.node(node.body) }];
      case 'Coproc':
        return this.node(node.body);
    }
  }

  private streams(redirects: readonly Redirection[]): Streams {
    let streams = noStreams;
    for (const redirect of redirects) {
      if (redirect.type === 'HereDoc') {
        const { text, parts } = redirect.body;
        streams = { ...streams, text: parts === undefined ? plain(text) : this.parts(parts, true) };
      } else if (redirect.target !== undefined) {
        const target = this.word(redirect.target);
        const { descriptor } = redirect;
        if (redirect.type === 'HereString') {
          streams = { ...streams, text: target };
        } else if (redirect.operator === '<' || redirect.operator === '<>') {
          streams = { ...streams, from: target };
        } else if (
          !redirect.operator.includes('<') &&
          (descriptor === undefined || (descriptor.type === 'FileDescriptor' && descriptor.value === 1))
        ) {
          streams = { ...streams, to: target };
        }
      }
    }
    return streams;
  }

  private set(assignment: Assignment): Set {
    const { name, value, append } = assignment;
    return { name, value: this.value(value), appends: append === true };
  }

  private value(value: ParsedWord | ArrayValue): Word {
    return value.type === 'Word'
      ? this.word(value)
      : [{ kind: 'list', words: value.elements.map((word) => this.word(word)) }];
  }

  private argument(argument: CommandArgument): Word {
    return argument.type === 'Word'
      ? this.word(argument)
      : [
          { kind: 'text', text: `${argument.name}${argument.append === true ? '+' : ''}=` },
          ...this.value(argument.value),
        ];
  }

  private word({ value, parts }: ParsedWord): Word {
    return parts === undefined ? plain(value) : this.parts(parts, false);
  }

  private parts(parts: readonly WordPart[], quoted: boolean): Part[] {
    return parts.flatMap((part): Part[] => {
      switch (part.type) {
        case 'Literal':
        case 'SingleQuoted':
        case 'AnsiCQuoted':
        case 'Glob':
          return plain(part.value);
        case 'ExtendedGlob':
          return plain(part.text);
        case 'DoubleQuoted':
        case 'LocaleString':
          return part.parts.length === 0 ? plain('') : this.parts(part.parts, true);
        case 'BraceExpansion':
          return [{ kind: 'braces', text: part.text.replace(/["'\\]/g, '') }];
        case 'SimpleExpansion':
          return [variable(part.text.slice(1), quoted)];
        case 'ParameterExpansion': {
          const { operation, prefix, index, parameter } = part;
          const defaults =
            operation?.type === 'Default' && /^:?[-=+]$/.test(operation.operator)
              ? this.word(operation.operand)
              : undefined;
          const changed =
            prefix !== undefined ||
            (operation !== undefined && operation.type !== 'Default') ||
            (index !== undefined && !/^[@*]$/.test(index.value));
          return [{ ...variable(parameter, quoted), otherwise: defaults, changed }];
        }
        case 'CommandExpansion':
          return [
            { kind: 'output', quoted, steps: part.script === undefined ? [] : this.steps(part.script) },
          ];
        case 'ProcessSubstitution':
          return [{ kind: 'file', steps: part.script === undefined ? [] : this.steps(part.script) }];
        case 'ArithmeticExpansion':
          return [{ kind: 'output', quoted, steps: this.within(part) }];
      }
    });
  }

  /** What a test, a calculation or a word runs by its substitutions. */
  private within(node: SyntaxNode): Step[] {
    const steps: Step[] = [];
    this.forEachChild(node, (child) => {
      steps.push(...(child.type === 'Script' ? this.steps(child) : this.within(child)));
    });
    return steps;
  }
}

function plain(text: string): [Part] {
  return [{ kind: 'text', text }];
}

function variable(name: string, quoted: boolean): Extract<Part, { readonly kind: 'variable' }> {
  return { kind: 'variable', name, quoted, otherwise: undefined, changed: false };
}

const everyArgument: Word = [variable('@', true)];

function block(steps: readonly Step[]): Extract<Step, { readonly kind: 'block' }> {
  return { kind: 'block', steps, subshell: false, loop: undefined, ...noStreams };
}

function one(steps: readonly Step[]): Step {
  const [first] = steps;
  return first !== undefined && steps.length === 1 ? first : block(steps);
}
