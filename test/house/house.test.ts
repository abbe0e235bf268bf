import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { knownAgents } from '../../src/agents/registry';
import { belayManifest } from '../../src/ui/contributions/manifest';

function sources(folder: string): { file: string; text: string }[] {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.posix.join(folder, entry.name);
    return entry.isDirectory() ? sources(file) : [{ file, text: fs.readFileSync(file, 'utf8') }];
  });
}

/** The files of src/ in which a pattern occurs. */
function where(pattern: RegExp): string[] {
  return sources('src')
    .filter(({ text }) => pattern.test(text))
    .map(({ file }) => file)
    .sort();
}

/** Names git commands to recognise them in what agents run, and runs none: it imports nothing. */
const recogniser = 'src/agents/destructive.ts';
/** Judges the forms of git commands, and runs none. */
const judging = 'src/agents/shell/gitForms.ts';
const options = 'src/agents/shell/gitOptions.ts';

describe('the rules of the house', () => {
  it('what names git commands only to recognise them cannot run any', () => {
    assert.doesNotMatch(fs.readFileSync(recogniser, 'utf8'), /^import |import\(|require\(/m);
    for (const file of [judging, options]) {
      assert.doesNotMatch(fs.readFileSync(file, 'utf8'), /\.run\(|\.text\(|args: \[/);
    }
  });

  it('invariant 4: references change through one door only', () => {
    // The first and the last one only name what an agent runs.
    const naming = 'src/agents/commandName.ts';
    const reaching = 'src/agents/ownRecords.ts';
    assert.doesNotMatch(fs.readFileSync(reaching, 'utf8'), /\.run\(|\.text\(|args:/);
    // This one says in a sentence what a person may run.
    const saying = 'src/doctor/references.ts';
    assert.deepEqual(where(/['"`]update-ref/), [
      naming,
      recogniser,
      reaching,
      judging,
      options,
      saying,
      'src/refs/transaction.ts',
    ]);
    assert.doesNotMatch(fs.readFileSync(saying, 'utf8'), /args: \[\s*'(?:update-ref|symbolic-ref)/);
    assert.deepEqual(
      where(/['"`](?:symbolic-ref|pack-refs|fast-import|receive-pack|filter-branch|replay)['"`], (?!'-q')/),
      [recogniser, judging, saying],
    );
    assert.doesNotMatch(
      fs.readFileSync('src/refs/transaction.ts', 'utf8'),
      /--no-deref|\bforce\b.*ref|return `(?:update|delete) \$\{change\.ref\}`/,
    );
  });

  it('no command that moves the user’s HEAD, index, stash or files is run at all', () => {
    // Marks what is intended to be added, in an index that is nobody's yet; git has no other command for that.
    const preparing = 'src/restore/staged/edit.ts';
    assert.match(fs.readFileSync(preparing, 'utf8'), /env: \{ GIT_INDEX_FILE: file \}/);
    assert.deepEqual(fs.readFileSync(preparing, 'utf8').match(/\['(?:add|reset|rm|mv)'[^\]]*/g), [
      "['add', '--intent-to-add', '--force', '--pathspec-from-file=-', '--pathspec-file-nul'",
    ]);
    assert.deepEqual(
      where(
        /\[\s*['"`](?:reset|clean|checkout|switch|stash|commit|merge|rebase|add|rm|mv|gc|prune)['"`]|['"`]reflog['"`],\s*['"`](?!show)/,
      ),
      [recogniser, judging, preparing],
    );
  });

  it('what lies below Belay’s own folder is made through one door, which follows core.sharedRepository', () => {
    const making = new Set(where(/(?<!Own)\b(?:mkdir|mkdtemp|writeFile)\(/));
    assert.deepEqual(
      where(/\bbelayDir\b/).filter((file) => making.has(file)),
      [],
    );
  });

  it('references, logs, HEAD and the packed ones are asked of git: no file that names them reads what a file holds', () => {
    const reading =
      /\b(?:readFile|readlink|copyFile|cp|open)(?:Sync)?\(|\bcreateReadStream\(|from 'node:readline'/;
    const naming =
      /\b(?:join|resolve)\((?=[^;]*?(?:commonDir|[gG]itDir))[^;]*?(?:['"`](?:HEAD|logs|packed-refs|refs|reftable)\b|\b(?:ref|\w+Ref)\b)/;
    const both = where(naming).filter((file) => reading.test(fs.readFileSync(file, 'utf8')));
    // It opens a file of its own there, for writing, to see whether it may.
    assert.deepEqual(both, ['src/doctor/store.ts']);
    // Locks nobody tells of: the one place that reads them is given their names by these.
    assert.deepEqual(where(/from '[^']*\/lockFiles'/), ['src/doctor/refLocks.ts', 'src/refs/transaction.ts']);
  });

  it('only the editor’s face knows the editor', () => {
    const knowing = where(/from 'vscode'/).filter(
      (file) => !file.startsWith('src/ui/') && file !== 'src/extension.ts',
    );
    assert.deepEqual(knowing, []);
  });

  it('the window’s imports go down its layers, late ones too, and no feature imports another', () => {
    const layers = ['platform', 'state', 'rows', 'features', 'contributions'];
    const upward = sources('src/ui').flatMap(({ file, text }) => {
      const [, , from = '', feature] = file.split('/');
      assert.ok(layers.includes(from), `${file} is in a layer of the window`);
      return [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)]
        .map(([, to = '']) => path.posix.join(path.posix.dirname(file), to))
        .filter((to) => {
          const [src, ui, layer = '', other] = to.split('/');
          const beside = layer === 'features' && from === 'features' && other !== feature;
          return `${src}/${ui}` === 'src/ui' && (layers.indexOf(layer) > layers.indexOf(from) || beside);
        })
        .map((to) => `${file} -> ${to}`);
    });
    assert.deepEqual(upward, []);
  });

  it('what VS Code shows goes through one door, which makes it inert', () => {
    const door = 'src/ui/platform/vscodeDialogs.ts';
    assert.deepEqual(
      where(
        /\bshow(?:Information|Warning|Error)Message\b|\b(?:show|create)(?:QuickPick|InputBox)\b|\bsetStatusBarMessage\b|vscode\.window\[|\{[^}]*\bwindow\b[^}]*\} (?:from 'vscode'|= vscode)/,
      ),
      [door],
    );
    // It is opened once; everybody else is given it, and a test can give another one instead.
    assert.deepEqual(where(/\bnew VscodeDialogs\b/), ['src/extension.ts']);
    // Rows have one as well, whoever draws them.
    assert.deepEqual(where(/(?<!\.)\bgetTreeItem\(/), ['src/ui/rows/tree.ts']);
    assert.match(fs.readFileSync('src/ui/rows/tree.ts', 'utf8'), /= shownItem\(node\.item\(\)\);/);
    // Whoever fills a title, box or bar itself asks it for the words; markup is made inert where it is escaped.
    const filling =
      /\b(?:withProgress|createStatusBarItem)\b|'vscode\.(?:diff|changes)'|panel\.title =|view\.message =|badge =/;
    const asking = new Set(where(/import \{[^}]*\bshown\b[^}]*\} from '[^']*\/shown'/));
    assert.deepEqual(
      where(filling).filter((file) => !asking.has(file)),
      ['src/ui/features/needsYou/needsYouNodes.ts'],
      'a count and no more',
    );
    assert.deepEqual(where(/\.html =/), [
      'src/ui/features/needsYou/review/reviewPage.ts',
      'src/ui/features/needsYou/review/reviews.ts',
    ]);
    assert.deepEqual(
      where(
        /new vscode\.MarkdownString\((?!text, false|escapeMarkdown\(|look\.details\.map\(escapeMarkdown\))/,
      ),
      [],
    );
    for (const file of ['src/ui/platform/text/inert.ts', 'src/ui/platform/shown.ts', door]) {
      assert.match(fs.readFileSync(file, 'utf8'), /from '(?:\.\.\/)+inert'/);
    }
  });

  it('a row gets its context value from the one list of them', () => {
    const given = sources('src/ui').flatMap(({ text }) =>
      [...text.matchAll(/\.contextValue = ([^;]*)/g)].map(([, value = '']) => value),
    );
    assert.ok(given.length > 20);
    assert.deepEqual(
      given.filter((value) => !/^(?:contextValue|\w+Context)\(/.test(value)),
      [],
    );
  });

  it('a command of Belay’s that is called or shown by its name is there', () => {
    const { commands } = v.parse(
      v.object({ commands: v.array(v.object({ command: v.string() })) }),
      belayManifest().contributes,
    );
    const ids = new Set(commands.map(({ command }) => command));
    const called = sources('src').flatMap(({ text }) =>
      [...text.matchAll(/(?:executeCommand\(\s*|\bcommand(?:: | = )(?:[^;,\n]*\? )?)'(belay\.\w+)'/g)].map(
        ([, id = '']) => id,
      ),
    );
    assert.ok(called.length > 5);
    assert.deepEqual(
      called.filter((id) => !ids.has(id)),
      [],
    );
  });

  it('what ARCHITECTURE.md and the pages in docs/ name is there', () => {
    const text = fs.readFileSync('ARCHITECTURE.md', 'utf8');
    const pages = sources('docs');
    const named = [text, ...pages.map((page) => page.text)].flatMap((page) =>
      [
        ...page.matchAll(
          /\b((?:src|test|git|refs|leases|network|decisions|backups|sync|fanout|checkpoint|restore|sessions|doctor|agents|connect|cli|ui)\/[\w/]+\.ts)\b/g,
        ),
      ].map(([, file = '']) => (/^(?:src|test)\//.test(file) ? file : `src/${file}`)),
    );
    assert.ok(named.length > 100);
    assert.deepEqual(
      [...new Set(named)].filter((file) => !fs.existsSync(file)),
      [],
    );
    for (const { file } of pages) {
      assert.ok(text.includes(`](${file})`), `${file} is in the list of pages`);
    }
    for (let number = 1; number <= 13; number += 1) {
      assert.match(text, new RegExp(`^\\| ${number} \\|`, 'm'), `invariant ${number} is written down`);
    }
  });

  it('the README names the agents that there are', () => {
    const told = fs.readFileSync('README.md', 'utf8').replaceAll(/\s+/g, ' ');
    const named = (tried: boolean) =>
      knownAgents.filter(({ verified }) => verified === tried).map(({ name }) => name);
    const list = `${named(true).join(', ')}, and, from their documentation alone, ${named(false).join(' and ')}.`;
    assert.ok(told.includes(`on standard input: ${list}`), `say of belay hook in README.md: ${list}`);
  });

  it('the pictures of the README are there', () => {
    for (const [, file = ''] of fs.readFileSync('README.md', 'utf8').matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)) {
      assert.ok(fs.existsSync(file), file);
    }
  });

  it('a repository cannot choose for the person that branches are reset, or which git is run', () => {
    const Manifest = v.object({
      contributes: v.object({
        configuration: v.object({ properties: v.record(v.string(), v.object({ scope: v.string() })) }),
      }),
    });
    const text = fs.readFileSync('package.json', 'utf8');
    const { properties } = v.parse(Manifest, JSON.parse(text)).contributes.configuration;
    for (const name of ['belay.sync.onConflict', 'belay.git.path']) {
      assert.match(properties[name]?.scope ?? '', /^machine/, name);
    }
  });

  it('the lock file names no registry', () => {
    assert.doesNotMatch(fs.readFileSync('package-lock.json', 'utf8'), /"resolved":/);
  });
});
