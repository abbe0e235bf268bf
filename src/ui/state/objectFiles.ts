import * as vscode from 'vscode';
import { messageOf } from '../../errors';
import type { Repositories } from './repositories';
import { objectScheme, parseObjectUri, type ObjectReference } from '../platform/objectUri';

const submoduleMode = '160000';

/** How many bytes of objects are kept for the editor's second and third look at the same file. */
const keptBytes = 64 * 1024 * 1024;

/**
 * The read-only file system behind {@link objectScheme}. A file system, not a text provider, so that images and other
 * binary files open in the editors made for them. It reads only from repositories that are open in this window.
 */
export class ObjectFiles implements vscode.FileSystemProvider {
  private readonly changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.changed.event;
  private readonly held = new Map<string, Uint8Array>();
  private heldBytes = 0;
  readonly createDirectory = refuse;
  readonly writeFile = refuse;
  readonly delete = refuse;
  readonly rename = refuse;

  constructor(
    private readonly repositories: Repositories,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  static register(repositories: Repositories, log: vscode.LogOutputChannel): vscode.Disposable {
    const files = new ObjectFiles(repositories, log);
    return vscode.Disposable.from(
      files.changed,
      vscode.workspace.registerFileSystemProvider(objectScheme, files, {
        isReadonly: true,
        isCaseSensitive: true,
      }),
    );
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const content = await this.readFile(uri);
    return {
      type: vscode.FileType.File,
      ctime: 0,
      mtime: 0,
      size: content.byteLength,
      permissions: vscode.FilePermission.Readonly,
    };
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    const reference = parseObjectUri(uri);
    if (reference === undefined) {
      throw vscode.FileSystemError.FileNotFound(uri);
    }
    const { oid } = reference;
    if (oid === undefined) {
      return new Uint8Array();
    }
    if (reference.mode === submoduleMode) {
      return Buffer.from(vscode.l10n.t('Submodule at commit {0}', oid) + '\n');
    }
    return this.held.get(oid) ?? this.keep(oid, await this.read(uri, reference.root, oid));
  }

  readDirectory(): [string, vscode.FileType][] {
    return [];
  }

  /**
   * From the repository that the address names. A worktree that is not open here shares its objects with one that is;
   * and since an object's id is made from its content, whichever has it has the right one.
   */
  private async read(uri: vscode.Uri, root: ObjectReference['root'], oid: string): Promise<Uint8Array> {
    await this.repositories.ready();
    const named = this.repositories.all.find((model) => model.root === root);
    for (const model of named === undefined ? this.repositories.distinct : [named]) {
      try {
        return await model.readBlob(oid);
      } catch (thrown) {
        this.log.warn(`${model.root} could not give ${oid}: ${messageOf(thrown)}`);
      }
    }
    throw vscode.FileSystemError.Unavailable(uri);
  }

  private keep(oid: string, content: Uint8Array): Uint8Array {
    this.held.set(oid, content);
    this.heldBytes += content.byteLength;
    for (const [oldest, bytes] of this.held) {
      if (this.heldBytes <= keptBytes) {
        break;
      }
      this.held.delete(oldest);
      this.heldBytes -= bytes.byteLength;
    }
    return content;
  }
}

/** Nothing is written here. */
function refuse(uri: vscode.Uri): never {
  throw vscode.FileSystemError.NoPermissions(uri);
}
