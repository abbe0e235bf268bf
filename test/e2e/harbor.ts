import { readFileSync, writeFileSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';
import * as v from 'valibot';
import type { Taken } from '../support/workspace';
import { Workspace } from '../support/workspace';

/** The sessions that work in {@link Harbor}. */
export const claude = { session: '5f0d7c1e-93ab-4c02-8d5e-0b6f2a7741d9', agent: 'claude-code' };
export const codex = { session: '0199a3d2-6b7e-7c41-b2f0-55c1e08d93aa', agent: 'codex' };
export const gemini = { session: 'gemini-docs', agent: 'gemini' };
export const copilot = { session: 'copilot-assets', agent: 'copilot' };
export const cursor = { session: 'cursor-checkout', agent: 'cursor' };

const pricesAtFirst = `export interface Price {
  amount: number;
}

export function total(prices: Price[]): number {
  return prices.reduce((sum, price) => sum + price.amount, 0);
}

export function discount(price: Price, percent: number): Price {
  return { amount: price.amount * (1 - percent / 100) };
}
`;

const pricesWithCurrency = `import { sameCurrency, type Currency } from './currency';

export interface Price {
  amount: number;
  currency: Currency;
}

export function total(prices: Price[]): number {
  sameCurrency(prices);
  return prices.reduce((sum, price) => sum + price.amount, 0);
}

export function discount(price: Price, percent: number): Price {
  return { ...price, amount: price.amount * (1 - percent / 100) };
}
`;

const pricesInCents = pricesWithCurrency
  .replace('  amount: number;', '  /** In cents, so that sums are exact. */\n  cents: number;')
  .replaceAll('price.amount', 'price.cents')
  .replace(
    'amount: price.cents * (1 - percent / 100)',
    'cents: Math.round(price.cents * (1 - percent / 100))',
  );

const currency = `export type Currency = 'EUR' | 'USD' | 'JPY';

export function sameCurrency(prices: readonly { currency: Currency }[]): void {
  if (new Set(prices.map(({ currency }) => currency)).size > 1) {
    throw new Error('These prices are in several currencies.');
  }
}
`;

const server = `import { createServer } from 'node:http';
import { bookings } from './bookings';

createServer((request, response) => {
  response.end(JSON.stringify(bookings(request.url ?? '/')));
}).listen(8080);
`;

const bookings = `export interface Booking {
  id: string;
  berth: number;
  from: Date;
  to: Date;
}

export function bookings(url: string): Booking[] {
  return url === '/' ? [] : [];
}
`;

const mail = `/** Sends mail, one at a time. */
export function mail(to: string, text: string): void {
  console.log(\`To \${to}: \${text}\`);
}
`;

const reminders = `import type { Booking } from './bookings';

/** The bookings that begin tomorrow. */
export function due(bookings: Booking[], now: Date): Booking[] {
  const tomorrow = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1);
  const day = tomorrow.toDateString();
  return bookings.filter(({ from }) => from.toDateString() === day);
}
`;

const remindersOnce = reminders
  .replace('({ from })', '({ id, from })')
  .replace('=== day);\n}', '=== day && !reminded.has(id));\n}\n\nconst reminded = new Set<string>();');

const pricesTest = `import assert from 'node:assert/strict';
import { discount } from '../src/prices';

assert.deepEqual(discount({ cents: 999, currency: 'EUR' }, 10), { cents: 899, currency: 'EUR' });
`;

/** A picture in one colour. */
function png(red: number, green: number, blue: number): Buffer {
  const side = 96;
  const row = Buffer.concat([Buffer.of(0), Buffer.alloc(side * 3, Buffer.of(red, green, blue))]);
  const header = Buffer.from([0, 0, 0, side, 0, 0, 0, side, 8, 2, 0, 0, 0]);
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(Array.from({ length: side }, () => row)))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

const Beat = v.object({ host: v.string(), uptime: v.number() });

/** Makes a sign of life that was left just now one of so many minutes ago. */
export function setBack(file: string, minutes: number): void {
  const { host, uptime } = v.parse(Beat, JSON.parse(readFileSync(file, 'utf8')));
  writeFileSync(file, `${JSON.stringify({ host, uptime: uptime - minutes * 60_000 })}\n`);
}

/**
 * The repository of a small TypeScript project in which several agents have really worked: every checkpoint was taken by
 * a process of the command line. Times are some minutes apart.
 */
export class Harbor {
  private constructor(
    readonly workspace: Workspace,
    readonly linked: string,
    /** By what they say. */
    readonly taken: ReadonlyMap<string, Taken>,
  ) {}

  static async create(): Promise<Harbor> {
    const workspace = Workspace.empty('harbor');
    workspace.write('package.json', '{ "name": "harbor", "type": "module" }\n');
    workspace.write('README.md', '# Harbor\n\nBerths for boats, by the night.\n');
    workspace.write('src/server.ts', server);
    workspace.write('src/bookings.ts', bookings);
    workspace.write('src/prices.ts', pricesAtFirst);
    workspace.write('src/mail.ts', mail);
    workspace.write('assets/logo.png', png(0x1b, 0x3a, 0x57));
    workspace.commit('Harbor 1.0');
    const linked = `${workspace.base}/harbor-checkout`;
    workspace.git('worktree', 'add', '--quiet', '-b', 'topic/checkout', linked);

    const taken = new Map<string, Taken>();
    const take = async (
      who: { session: string; agent: string },
      message: string,
      minutesAgo: number,
      files: Readonly<Record<string, string | Buffer | undefined>>,
      folder = workspace.folder,
    ) => {
      for (const [file, content] of Object.entries(files)) {
        if (content === undefined) {
          workspace.delete(file);
        } else {
          workspace.write(file, content);
        }
      }
      taken.set(message, await workspace.checkpoint({ ...who, message, minutesAgo, folder }));
      setBack(workspace.at(`.git/belay/heartbeats/session-${who.session}`), minutesAgo);
    };
    await take(gemini, 'Describe the API in the README', 190, {
      'README.md': '# Harbor\n\nBerths for boats, by the night.\n\n## API\n\n`GET /bookings` lists them.\n',
    });
    await take(claude, 'Prices carry a currency', 24, {
      'src/prices.ts': pricesWithCurrency,
      'src/currency.ts': currency,
    });
    await take(codex, 'Remind guests the day before', 21, {
      'src/reminders.ts': reminders,
      'src/server.ts': server.replace("'./bookings';", "'./bookings';\nimport { due } from './reminders';"),
    });
    await take(claude, 'Count in cents and round once', 17, { 'src/prices.ts': pricesInCents });
    await take(codex, 'Reminders replace the mailer', 12, { 'src/mail.ts': undefined });
    await take(copilot, 'A logo for the new year', 9, { 'assets/logo.png': png(0xe0, 0x7a, 0x2f) });
    await take(
      cursor,
      'A page to check out',
      7,
      { '../harbor-checkout/src/checkout.ts': "export const checkout = 'soon';\n" },
      linked,
    );
    await take(claude, 'Test discounts', 5, {
      'test/prices.test.ts': pricesTest,
      'src/currency.ts': currency.replace("'JPY'", "'JPY' | 'GBP'"),
    });
    await take(codex, 'Never remind twice', 2, { 'src/reminders.ts': remindersOnce });
    return new Harbor(workspace, linked, taken);
  }

  /** The checkpoint with that message. */
  checkpoint(message: string): Taken {
    const found = this.taken.get(message);
    if (found === undefined) {
      throw new Error(`Nobody took a checkpoint "${message}".`);
    }
    return found;
  }

  remove(): void {
    this.workspace.remove();
  }
}
