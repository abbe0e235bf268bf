import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import * as v from 'valibot';
import { anthropic } from './anthropic';
import { chat } from './chat';
import { positionIn, replyAt, type Conversation, type Position, type Reply } from './conversation';
import { gemini } from './gemini';
import type { Protocol } from './protocol';
import { responses } from './responses';
import { sampleOf } from './sample';
import type { Script } from './script';
import { unpack } from './unpack';

const protocols: readonly Protocol[] = [anthropic, responses, chat, gemini];

/** So long a sub-agent is waited for, in milliseconds; one that never starts holds nothing up for longer. */
const patience = 30_000;
/** So long, in milliseconds, an agent takes at most to hear that its sub-agent has ended. */
const told = 3_000;

/** One request that a program sent. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  /** As JSON says it; undefined where there was no body. */
  readonly body: unknown;
  /** The script that it is about, and the step that it asks for; undefined for side requests. */
  readonly script: string | undefined;
  readonly step: number | undefined;
}

/** A step whose answer waits until the test says so. */
export interface Held {
  /** Kept once a program has asked for that step: all its tool calls before it are over. */
  readonly reached: Promise<Seen>;
  readonly release: () => void;
}

interface Gate {
  readonly script: string;
  readonly step: number;
  readonly reach: (seen: Seen) => void;
  readonly open: Promise<void>;
}

const named = v.looseObject({ model: v.optional(v.string(), 'model') });

/**
 * A model for real agents: it speaks their protocols on the loopback interface, and does not think but follows scripts.
 * Nothing that it answers depends on time or on what was asked before.
 */
export class ScriptedModel {
  readonly seen: Seen[] = [];
  private readonly scripts = new Map<string, Script>();
  private readonly gates: Gate[] = [];
  private readonly listeners: { readonly words: string; readonly heard: () => void }[] = [];
  /** The scripts that were followed to their end. */
  private readonly done = new Set<string>();
  private count = 0;

  private constructor(
    private readonly server: Server,
    /** Where it listens: `http://127.0.0.1:` and a port. */
    readonly url: string,
  ) {}

  static async start(): Promise<ScriptedModel> {
    const server = createServer();
    server.keepAliveTimeout = 30_000;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    if (address === null || typeof address === 'string') {
      throw new Error('The model listens nowhere.');
    }
    const model = new ScriptedModel(server, `http://127.0.0.1:${address.port}`);
    server.on('request', (request, response) => {
      model.serve(request, response).catch((thrown: unknown) => {
        json(response, 500, { error: { message: String(thrown) } });
      });
    });
    return model;
  }

  add(script: Script): void {
    this.scripts.set(script.name, script);
  }

  /** Keeps the answer to that step of that script back. */
  hold(script: string, step: number): Held {
    let release = (): void => undefined;
    const open = new Promise<void>((resolve) => {
      release = resolve;
    });
    const reached = new Promise<Seen>((reach) => {
      this.gates.push({ script, step, reach, open });
    });
    return { reached, release };
  }

  /** Kept once a program has sent these words. */
  async hears(words: string): Promise<void> {
    await new Promise<void>((heard) => {
      this.listeners.push({ words, heard });
      for (const seen of this.seen) {
        this.tell(seen);
      }
    });
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', this.url);
    const body = await bodyOf(request);
    const protocol = request.method === 'POST' ? protocolOf(pathname, body) : undefined;
    const conversation = protocol?.protocol.read(body);
    const position = conversation === undefined ? undefined : positionIn(conversation, this.scripts);
    const seen = this.note(request, pathname, body, position);
    if (protocol === undefined || conversation === undefined) {
      smallTalk(request, response, pathname);
      return;
    }
    await this.pass(seen);
    await this.delegated(position);
    const id = this.idOf(position);
    const { model } = v.parse(named, body);
    const reply = answerTo(conversation, position);
    if (position !== undefined && position.step >= position.script.steps.length) {
      this.done.add(position.script.name);
    }
    if (reply.kind === 'error') {
      const message = 'The script says that the service fails.';
      const error = {
        type: 'invalid_request_error',
        code: reply.status,
        status: 'INVALID_ARGUMENT',
        message,
      };
      json(response, reply.status, { type: 'error', error });
    } else if (protocol.streamed) {
      streamed(response, protocol.protocol.stream(reply, model, id));
    } else {
      json(response, 200, protocol.protocol.whole(reply, model, id));
    }
  }

  /** The same for the same step, since some clients send it back. */
  private idOf(position: Position | undefined): string {
    this.count += 1;
    return position === undefined ? `side_${this.count}` : `${position.script.name}_${position.step}`;
  }

  /**
   * Some agents let a sub-agent work in the background, and tell their model of its end whenever it comes. Here that is always
   * before the next step, so that two runs can be compared.
   */
  private async delegated(position: Position | undefined): Promise<void> {
    const before = position?.script.steps[position.step - 1];
    const scripts =
      before === undefined || 'status' in before
        ? []
        : before.flatMap((operation) => (operation.kind === 'delegate' ? [operation.script] : []));
    if (scripts.every((script) => this.done.has(script))) {
      return;
    }
    const end = performance.now() + patience;
    while (!scripts.every((script) => this.done.has(script)) && performance.now() < end) {
      await pause(20);
    }
    await pause(told);
  }

  private note(
    { method = '' }: IncomingMessage,
    path: string,
    body: unknown,
    position: Position | undefined,
  ): Seen {
    const seen = { method, path, body, script: position?.script.name, step: position?.step };
    this.seen.push(seen);
    this.tell(seen);
    return seen;
  }

  private tell({ body }: Seen): void {
    const text = this.listeners.length === 0 ? '' : JSON.stringify(body ?? '');
    for (const { words, heard } of this.listeners) {
      if (text.includes(words)) {
        heard();
      }
    }
  }

  private async pass(seen: Seen): Promise<void> {
    const gate = this.gates.find(({ script, step }) => script === seen.script && step === seen.step);
    gate?.reach(seen);
    await gate?.open;
  }
}

function answerTo(conversation: Conversation, position: Position | undefined): Reply {
  if (conversation.schema !== undefined && conversation.tools.length === 0) {
    return { kind: 'text', text: JSON.stringify(sampleOf(conversation.schema)) };
  }
  return replyAt(position, conversation);
}

function protocolOf(
  path: string,
  body: unknown,
): { readonly protocol: Protocol; readonly streamed: boolean } | undefined {
  for (const protocol of protocols) {
    const accepted = protocol.accepts(path, body);
    if (accepted !== undefined) {
      return { protocol, ...accepted };
    }
  }
  return undefined;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(v.parse(v.instance(Buffer), chunk));
  }
  const text = unpack(Buffer.concat(chunks), request.headers['content-encoding']).toString('utf8');
  return text === '' ? undefined : JSON.parse(text);
}

/** What programs ask for besides answers: how much a text counts, which models there are. */
function smallTalk({ method }: IncomingMessage, response: ServerResponse, path: string): void {
  if (path.endsWith('/count_tokens')) {
    json(response, 200, { input_tokens: 100 });
  } else if (path.endsWith(':countTokens')) {
    json(response, 200, { totalTokens: 100 });
  } else if (path.endsWith('/models')) {
    const data = [{ id: 'scripted', object: 'model', created: 0, owned_by: 'test' }];
    json(response, 200, { object: 'list', models: [], data });
  } else if (method === 'HEAD' || path === '/') {
    response.writeHead(200).end();
  } else {
    json(response, 404, { error: { type: 'not_found_error', message: `There is no ${path} here.` } });
  }
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function streamed(response: ServerResponse, events: ReturnType<Protocol['stream']>): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  for (const { name, data } of events) {
    const text = typeof data === 'string' ? data : JSON.stringify(data);
    response.write(`${name === undefined ? '' : `event: ${name}\n`}data: ${text}\n\n`);
  }
  response.end();
}
