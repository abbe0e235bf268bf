import { pathBytes, pathFromBytes, type GitPath } from '../git/path';

/** The longest name, in bytes, that the usual file systems take (NAME_MAX). */
const longestName = 255;

/** A name beside a path that nobody else uses, for what has to leave its own name; shortened to what a file system takes. */
export function nameBeside(name: GitPath, longest = longestName): GitPath {
  const slash = name.lastIndexOf('/') + 1;
  const suffix = `.belay-${Math.floor(Math.random() * 2 ** 32)
    .toString(16)
    .padStart(8, '0')}`;
  const base = pathBytes(name.slice(slash));
  return name.slice(0, slash) + pathFromBytes(shortened(base, longest - suffix.length)) + suffix;
}

/** The first bytes, with no letter of UTF-8 cut in two: some file systems refuse a name with half of one. */
function shortened(bytes: Buffer, length: number): Buffer {
  if (bytes.length <= length) {
    return bytes;
  }
  let end = length;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) {
    end -= 1;
  }
  return bytes.subarray(0, end === 0 ? length : end);
}
