import type { State } from './scene';

/** Something that has become another kind of thing: what it was, and what it is by now. Names are below a folder of the shape's own. */
export interface Shape {
  readonly was: State;
  readonly is: State;
}

const long = 'n'.repeat(255);
/** In bytes as long as a name may be, where characters are not bytes. */
const longWide = 'ü'.repeat(127);

/** `OUTSIDE` is a folder outside of the worktree. */
export const shapes: Readonly<Record<string, Shape>> = {
  'folder to link outside': {
    was: { 'd/f': 'in', 'd/e/g': 'deep' },
    is: { d: '-> OUTSIDE' },
  },
  'link outside to folder': {
    was: { d: '-> OUTSIDE' },
    is: { 'd/f': 'in', 'd/e/g': 'deep' },
  },
  'folder moved, a link to it in its place': {
    was: { 'd/f': 'in', 'd/e/g': 'deep' },
    is: { 'd2/f': 'in', 'd2/e/g': 'deep', d: '-> d2' },
  },
  'link to a folder, which takes its place': {
    was: { 'd2/f': 'in', d: '-> d2' },
    is: { 'd/f': 'in' },
  },
  'folder moved below itself, through a link': {
    was: { 'd/f': 'in' },
    is: { 'e/d/f': 'in', d: '-> e/d' },
  },
  'file to folder': { was: { a: 'file' }, is: { 'a/b/c': 'in', 'a/d': 'too' } },
  'folder to file': { was: { 'a/b/c': 'in', 'a/d': 'too' }, is: { a: 'file' } },
  'file to link': { was: { a: 'file', b: 'other' }, is: { a: '-> b', b: 'other' } },
  'link to file': { was: { a: '-> b', b: 'other' }, is: { a: 'file', b: 'other' } },
  'link to link': { was: { a: '-> nowhere' }, is: { a: '-> ../OUTSIDE/f' } },
  'link in a circle to folder': { was: { a: '-> a' }, is: { 'a/b': 'in' } },
  'file renamed in case': { was: { 'a.txt': 'file' }, is: { 'A.txt': 'file' } },
  'folder renamed in case': {
    was: { 'src/a': 'one', 'src/b': 'two' },
    is: { 'Src/a': 'one', 'Src/b': 'two' },
  },
  'two names swapped': { was: { a: 'one', b: 'two' }, is: { a: 'two', b: 'one' } },
  'two folders swapped': { was: { 'a/f': 'one', 'b/f': 'two' }, is: { 'a/f': 'two', 'b/f': 'one' } },
  'folder and file swapped': { was: { 'a/f': 'one', b: 'two' }, is: { a: 'two', 'b/f': 'one' } },
  'deeper by one': { was: { 'a/f': 'in' }, is: { 'a/a/f': 'in' } },
  'flatter by one': { was: { 'a/a/f': 'in' }, is: { 'a/f': 'in' } },
  'nested: link above, folder to file below': {
    was: { 'p/q/r': 'in', 'p/s': 'beside' },
    is: { p: '-> o', 'o/q': 'a file', 'o/s': 'beside' },
  },
  'names as long as they may be': {
    was: { [long]: 'one', [`d/${longWide}`]: 'one', [`gone-${long.slice(5)}`]: 'gone' },
    is: { [long]: 'two', [`d/${longWide}`]: 'two' },
  },
  'names with line ends, blanks and quotes': {
    was: { 'a\nb': 'one', ' c ': 'one', '"d"': 'one', '-e': 'one', 'f\\n': 'one' },
    is: { 'a\nb': 'two', ' c ': 'two', '"d"': 'two', '-e': 'two', 'f\\n': 'two' },
  },
  'empty files': { was: { a: '', b: 'full' }, is: { a: 'full', b: '' } },
  'a name that looks like one aside': {
    was: { 'a.belay-0a1b2c3d': 'one', a: 'one' },
    is: { 'a.belay-0a1b2c3d': 'two' },
  },
  'scripts and files': { was: { 'a.sh': 'one', b: 'one' }, is: { 'a.sh': 'two', b: 'two' } },
};
