/** What the agents of the demo do: each has a file of its own, four steps, and a line for the changelog at the end. */
export const sessions = [
  {
    agent: 'claude-code',
    session: '8c1f0c2e-rates-by-zone',
    file: 'src/rates.ts',
    changelog: 'Rates depend on the zone',
    steps: [
      ['Add zones', "export type Zone = 'domestic' | 'eu' | 'world';\n"],
      [
        'Add a factor for each zone',
        'const factor: Record<Zone, number> = { domestic: 1, eu: 2.2, world: 4.1 };\n',
      ],
      [
        'Price by zone',
        'export function rateTo(zone: Zone, grams: number): number {\n  return Math.round(rate(grams) * factor[zone]);\n}\n',
      ],
      [
        'Cap the price of heavy parcels',
        'export const highestRate = 9900;\n\nexport function cappedRate(zone: Zone, grams: number): number {\n  return Math.min(highestRate, rateTo(zone, grams));\n}\n',
      ],
    ],
  },
  {
    agent: 'claude-code',
    session: 'e27ab9d4-tests-for-rates',
    file: 'test/rates.test.ts',
    changelog: 'Tests for the borders between rates',
    steps: [
      ['Test large parcels', "test('large parcels', () => {\n  assert.equal(rate(2001), 1049);\n});\n"],
      [
        'Test the border at two kilograms',
        "test('two kilograms', () => {\n  assert.equal(rate(2000), 549);\n});\n",
      ],
      ['Test empty parcels', "test('nothing inside', () => {\n  assert.equal(rate(0), 390);\n});\n"],
      [
        'Test that the price never falls',
        "test('heavier is never cheaper', () => {\n  for (let grams = 0; grams < 5000; grams += 50) {\n    assert.ok(rate(grams + 50) >= rate(grams));\n  }\n});\n",
      ],
    ],
  },
  {
    agent: 'codex',
    session: 'rollout-2f61-health',
    file: 'src/health.ts',
    changelog: 'A health endpoint',
    steps: [
      [
        'Describe health',
        'export interface Health {\n  readonly ok: boolean;\n  readonly uptime: number;\n}\n',
      ],
      [
        'Answer health checks',
        'export function health(): Health {\n  return { ok: true, uptime: process.uptime() };\n}\n',
      ],
      ['Say which version runs', "export const version = process.env.npm_package_version ?? 'unknown';\n"],
      ['Name the endpoint', "export const healthPath = '/-/health';\n"],
    ],
  },
  {
    agent: 'gemini',
    session: 'gemini-1746-labels',
    file: 'src/labels.ts',
    changelog: 'Labels carry the weight and a check digit',
    steps: [
      [
        'Print the weight',
        'export function weight(parcel: Parcel): string {\n  return `${(parcel.grams / 1000).toFixed(1)} kg`;\n}\n',
      ],
      [
        'Compute a check digit',
        'export function checkDigit(id: string): number {\n  return [...id].reduce((sum, digit, at) => sum + Number(digit) * (at % 2 === 0 ? 3 : 1), 0) % 10;\n}\n',
      ],
      [
        'Put both on the label',
        "export function fullLabel(parcel: Parcel): string {\n  return [label(parcel), weight(parcel), checkDigit(parcel.id)].join('\\n');\n}\n",
      ],
      [
        'Warn about heavy parcels',
        'export function isHeavy(parcel: Parcel): boolean {\n  return parcel.grams > 31_500;\n}\n',
      ],
    ],
  },
  {
    agent: 'copilot',
    session: 'copilot-55d0-postcodes',
    file: 'src/postcode.ts',
    changelog: 'Postcodes are checked',
    steps: [
      [
        'Know the shape of a postcode',
        'const shapes = new Map([["DE", /^\\d{5}$/], ["NL", /^\\d{4} ?[A-Z]{2}$/]]);\n',
      ],
      [
        'Check a postcode',
        'export function isPostcode(country: string, text: string): boolean {\n  return shapes.get(country)?.test(text) ?? text !== "";\n}\n',
      ],
      [
        'Normalise postcodes',
        'export function normalise(text: string): string {\n  return text.trim().toUpperCase();\n}\n',
      ],
      ['Add Austria and Switzerland', 'shapes.set("AT", /^\\d{4}$/).set("CH", /^\\d{4}$/);\n'],
    ],
  },
  {
    agent: 'cursor',
    session: 'cursor-b9e3-history',
    file: 'src/history.ts',
    changelog: 'Each parcel has a history',
    steps: [
      ['Import what is needed', "import type { State } from './parcel.ts';\n"],
      ['Describe an event', 'export interface Event {\n  readonly at: Date;\n  readonly state: State;\n}\n'],
      [
        'Find the latest event',
        'export function latest(events: readonly Event[]): Event | undefined {\n  return [...events].sort((a, b) => b.at.getTime() - a.at.getTime())[0];\n}\n',
      ],
      [
        'Measure how long it took',
        'export function days(events: readonly Event[]): number {\n  const times = events.map(({ at }) => at.getTime());\n  return (Math.max(...times) - Math.min(...times)) / 86_400_000;\n}\n',
      ],
    ],
  },
  {
    agent: 'opencode',
    session: 'ses_7d20_search',
    file: 'src/search.ts',
    changelog: 'Parcels can be searched by postcode',
    steps: [
      ['Import what is needed', "import type { Parcel } from './parcel.ts';\n"],
      [
        'Search by postcode',
        'export function byPostcode(parcels: Iterable<Parcel>, postcode: string): Parcel[] {\n  return [...parcels].filter((parcel) => parcel.postcode === postcode);\n}\n',
      ],
      [
        'Search by state',
        "export function byState(parcels: Iterable<Parcel>, state: Parcel['state']): Parcel[] {\n  return [...parcels].filter((parcel) => parcel.state === state);\n}\n",
      ],
      [
        'Show the heaviest first',
        'export function heaviestFirst(parcels: Iterable<Parcel>): Parcel[] {\n  return [...parcels].sort((a, b) => b.grams - a.grams);\n}\n',
      ],
    ],
  },
  {
    agent: 'codex',
    session: 'rollout-90ac-readme',
    file: 'README.md',
    changelog: 'The readme tells how to run it',
    steps: [
      ['Say what is needed', '## Needs\n\nNode 22 or newer.\n'],
      ['Describe the rates', '## Rates\n\nUp to 500 g: 3.90. Up to 2 kg: 5.49. Above: 10.49.\n'],
      ['Describe the server', '## Server\n\n`GET /<parcel>` answers with its state.\n'],
      ['Say where to ask', '## Questions\n\nOpen an issue.\n'],
    ],
  },
];
