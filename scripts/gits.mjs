import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  lstatSync,
  openSync,
  readSync,
  readdirSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cacheFolder, once, onPath, run, say } from './vscode-server.mjs';

/** Suites of Debian that have a newer git than most systems. */
const suites = ['trixie', 'sid'];

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * git with the libraries that it is linked with, and patchelf with its own; all of one suite. Without what HTTP needs, which is
 * two dozen packages more.
 */
const packages = ['git', 'libc6', 'libpcre2-8-0', 'zlib1g', 'patchelf', 'libstdc++6', 'libgcc-s1'];

/**
 * The gits that there are to test with, each version once: `{ version, folder, from }`, the oldest first. `folder` is what
 * comes first in PATH, undefined for the system's. Those of Debian's suites are fetched into the ignored cache. What cannot be
 * had is in `without`, as `{ from, reason }`. Throws if a folder that was named has no git that starts.
 */
export async function findGits(named) {
  const system = versionOf('git');
  const found = system === undefined ? [] : [{ version: system, folder: undefined, from: 'the system' }];
  const without = system === undefined ? [{ from: 'the system', reason: 'no git in PATH' }] : [];
  for (const folder of named) {
    const version = versionOf(path.join(folder, 'git'));
    if (version === undefined) {
      throw new Error(`${folder} has no git that starts.`);
    }
    found.push({ version, folder: path.resolve(folder), from: folder });
  }
  const fetched = await fromDebian();
  found.push(...fetched.found);
  without.push(...fetched.without);
  const gits = [];
  for (const git of found) {
    if (!gits.some(({ version }) => version === git.version)) {
      gits.push(git);
    }
  }
  return { gits: gits.sort((a, b) => compareVersions(a.version, b.version)), without };
}

/** Compares two versions as numbers. */
export function compareVersions(a, b) {
  return a.localeCompare(b, 'en', { numeric: true });
}

/** The version of that git, as in `2.39.5`; undefined if it does not start. */
function versionOf(file) {
  const { status, stdout } = spawnSync(file, ['version'], { encoding: 'utf8', timeout: 20_000 });
  return status === 0 ? /^git version (\d+(?:\.\d+)+)/.exec(stdout)?.[1] : undefined;
}

async function fromDebian() {
  const from = suites.map((suite) => `Debian ${suite}`);
  const none = (reason) => ({ found: [], without: from.map((one) => ({ from: one, reason })) });
  const missing = ['apt-get', 'apt-cache', 'dpkg-deb'].filter((name) => onPath(name) === undefined);
  if (missing.length > 0) {
    return none(`this system has no ${missing.join(', ')}; GIT_BINS names folders with other gits`);
  }
  if (!existsSync(keyring)) {
    return none(`${keyring} is missing, without which nothing from Debian can be trusted`);
  }
  const result = none('');
  result.without = [];
  for (const [index, suite] of suites.entries()) {
    try {
      result.found.push({ ...(await ofSuite(suite)), from: from[index] });
    } catch (error) {
      say(error.message);
      result.without.push({ from: from[index], reason: error.message.split('\n')[0] });
    }
  }
  // What an earlier run has fetched needs no network.
  result.found.push(
    ...cached().filter(({ version }) => !result.found.some((one) => one.version === version)),
  );
  await nameNewest(result.found);
  return result;
}

const gitFolder = () => path.join(cacheFolder(), 'git');

function cached() {
  return (existsSync(gitFolder()) ? readdirSync(gitFolder()) : [])
    .filter((name) => /^\d+(?:\.\d+)+$/.test(name))
    .map((name) => ({ folder: path.join(gitFolder(), name), from: 'the cache' }))
    .map((one) => ({ ...one, version: versionOf(path.join(one.folder, 'git')) }))
    .filter(({ version }) => version !== undefined);
}

/** `newest` in the cache is where test/support/newestGit.ts looks for a git. */
async function nameNewest(found) {
  const newest = found.toSorted((a, b) => compareVersions(a.version, b.version)).at(-1);
  const link = path.join(gitFolder(), 'newest');
  const isOurs = lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() ?? true;
  if (newest !== undefined && isOurs) {
    await rm(link, { force: true });
    await symlink(path.basename(newest.folder), link);
  }
}

/** The git of that suite; where the cache has not got its version, it is fetched with apt settings, lists and a cache of our own. */
async function ofSuite(suite) {
  const apt = path.join(gitFolder(), 'apt', suite);
  const log = path.join(cacheFolder(), 'logs', `git-${suite}.log`);
  const [lists, archives] = ['lists', 'archives'].map((name) => path.join(apt, name));
  await mkdir(path.join(lists, 'partial'), { recursive: true });
  await mkdir(path.join(archives, 'partial'), { recursive: true });
  const sources = path.join(apt, 'sources.list');
  await writeFile(sources, `deb [signed-by=${keyring}] http://deb.debian.org/debian ${suite} main\n`);
  const settings = {
    'Dir::Etc::SourceList': sources,
    'Dir::Etc::SourceParts': '-',
    'Dir::State::Lists': lists,
    'Dir::State::Status': '/dev/null',
    'Dir::Cache': apt,
    'Dir::Cache::Archives': archives,
    'APT::Update::Error-Mode': 'any',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  await run('apt-get', [...options, '--quiet', 'update'], { log });
  const { stdout } = spawnSync('apt-cache', [...options, '--no-all-versions', 'show', 'git'], {
    encoding: 'utf8',
  });
  const version = /^Version: (?:\d+:)?(\d+(?:\.\d+)+)/m.exec(stdout)?.[1];
  if (version === undefined) {
    throw new Error(`Debian ${suite} lists no git.`);
  }
  const target = path.join(gitFolder(), version);
  await once(target, async (folder) => {
    say(`git ${version}: download from Debian ${suite}`);
    await run('apt-get', [...options, '--quiet', 'download', ...packages], { cwd: folder, log });
    await unpack(folder, target, log);
  });
  if (versionOf(path.join(target, 'git')) !== version) {
    throw new Error(`git ${version} of Debian ${suite} does not start. Remove ${target} to retry.`);
  }
  return { version, folder: target };
}

/**
 * Makes a folder of packages one whose `git` starts: every program of git's is given the dynamic loader and the libraries that
 * came with it, and `git` itself says where its other programs are, which is compiled in otherwise. `target` is where the
 * folder will be.
 */
async function unpack(folder, target, log) {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.deb'))) {
    await run('dpkg-deb', ['-x', path.join(folder, name), path.join(folder, 'root')], { log });
    await rm(path.join(folder, name));
  }
  const usr = path.join('root', 'usr');
  const libraries = readdirSync(path.join(folder, usr, 'lib'), { recursive: true, encoding: 'utf8' });
  const loader = libraries.find((name) => /(?:^|\/)ld-linux[^/]*\.so\.\d+$/.test(name));
  if (loader === undefined) {
    throw new Error('Its libc6 has no dynamic loader.');
  }
  const [loaderFile, libraryFolder] = [loader, path.dirname(loader)].map((name) =>
    path.join(usr, 'lib', name),
  );
  const programs = [path.join(usr, 'bin'), path.join(usr, 'lib', 'git-core')]
    .flatMap((where) => readdirSync(path.join(folder, where)).map((name) => path.join(folder, where, name)))
    .filter((file) => isProgram(file) && path.basename(file) !== 'patchelf');
  const patchelf = [
    path.join(folder, loaderFile),
    ...['--library-path', path.join(folder, libraryFolder), path.join(folder, usr, 'bin', 'patchelf')],
  ];
  await run(
    patchelf[0],
    [
      ...patchelf.slice(1),
      ...[
        '--set-interpreter',
        path.join(target, loaderFile),
        '--set-rpath',
        path.join(target, libraryFolder),
      ],
      ...programs,
    ],
    { log },
  );
  const core = path.join(usr, 'lib', 'git-core');
  // -p: or a shell gives up the user that a test has put on.
  const start = `#!/bin/sh -p\nGIT_EXEC_PATH='${path.join(target, core)}' exec '${path.join(target, usr, 'bin', 'git')}' "$@"\n`;
  // The links beside it, such as git-upload-pack, go on to the program itself.
  await rm(path.join(folder, core, 'git'));
  for (const name of readdirSync(path.join(folder, core))) {
    const link = path.join(folder, core, name);
    if (lstatSync(link).isSymbolicLink() && readlinkSync(link) === 'git') {
      await rm(link);
      await symlink(path.join('..', '..', 'bin', 'git'), link);
    }
  }
  for (const file of [path.join(folder, core, 'git'), path.join(folder, 'git')]) {
    writeFileSync(`${file}.new`, start, { mode: 0o755 });
    await rename(`${file}.new`, file);
  }
}

function isProgram(file) {
  if (!lstatSync(file).isFile()) {
    return false;
  }
  const magic = Buffer.alloc(4);
  const descriptor = openSync(file, 'r');
  readSync(descriptor, magic);
  closeSync(descriptor);
  return magic.equals(Buffer.from('\x7fELF', 'latin1'));
}
