import { readdirSync } from 'node:fs';
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/**
 * The layers of src/, lowest first. A file may import from its own layer and from those before it, never from
 * those after it. ARCHITECTURE.md gives the reasons.
 */
const layers = [
  'git',
  'refs',
  'leases',
  'network',
  'decisions',
  'backups',
  'checkpoint',
  'sessions',
  'restore',
  'sync',
  'fanout',
  'agents',
  'doctor',
  'connect',
  ['cli', 'ui'],
];

function forbid(patterns, vscodeToo, more = []) {
  return [
    'error',
    {
      paths: vscodeToo
        ? [{ name: 'vscode', message: 'Only src/ui and src/extension.ts may know the editor.' }]
        : [],
      patterns: [
        ...patterns.map((name) => ({
          regex: `(^|/)${name}/`,
          message: `Imports go downward only: ${name}/ stands above or beside this layer.`,
        })),
        ...more,
      ],
    },
  ];
}

const layerRules = layers.flatMap((entry, index) => {
  const above = layers.slice(index + 1).flat();
  const names = [entry].flat();
  return names.map((name) => ({
    files: [`src/${name}/**/*.ts`],
    rules: {
      'no-restricted-imports': forbid([...above, ...names.filter((n) => n !== name)], name !== 'ui'),
    },
  }));
});

/** The layers of src/ui/, lowest first. Features stand side by side: what two of them need lies in a layer below. */
const uiLayers = ['platform', 'state', 'rows', 'features', 'contributions'];

const features = readdirSync(new URL('src/ui/features', import.meta.url));

const uiRules = [
  ...uiLayers.map((name, index) => ({
    files: [`src/ui/${name}/**/*.ts`],
    rules: { 'no-restricted-imports': forbid(['cli', ...uiLayers.slice(index + 1)], false) },
  })),
  ...features.map((name) => ({
    files: [`src/ui/features/${name}/**/*.ts`],
    rules: {
      'no-restricted-imports': forbid(['cli', 'contributions'], false, [
        {
          // Two steps up at most: three lead out of src/ui/, to a layer of the core that may be called the same.
          regex: `^(?:\\.\\./){1,2}(?:${features.filter((other) => other !== name).join('|')})/`,
          message:
            'A feature imports no other feature: what both need belongs in rows/, state/ or platform/.',
        },
      ]),
    },
  })),
];

export default tseslint.config(
  { ignores: ['dist/', 'out/', 'coverage/', 'artifacts/', '.cache/', 'node_modules/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'never' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      'no-console': 'error',
      eqeqeq: 'error',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
        { selector: 'ExportAllDeclaration', message: 'No barrel files: import from the file that has it.' },
        {
          selector: 'ExportNamedDeclaration[source]',
          message: 'No barrel files: import from the file that has it.',
        },
        { selector: 'Program > VariableDeclaration[kind="let"]', message: 'No mutable module state.' },
        { selector: 'CatchClause[body.body.length=0]', message: 'A catch must not swallow.' },
      ],
    },
  },
  ...layerRules,
  ...uiRules,
  {
    files: ['src/cli.ts', 'src/hook.ts'],
    rules: { 'no-restricted-imports': forbid(['ui'], true) },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
      'no-console': 'off',
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        fetch: 'readonly',
        performance: 'readonly',
      },
    },
  },
);
