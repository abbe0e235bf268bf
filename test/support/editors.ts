import { closeBrowser } from './browser';
import { EditorServer, whichVSCode, type ServerOptions } from './editorServer';

/**
 * What of the editor's own extensions these tests need: git beside Belay, as for everybody, the themes, the languages of the
 * files that are shown, and the view of pictures. The others, servers for languages above all, cost each window seconds.
 */
export const builtIn = [
  ...['git', 'git-base', 'media-preview', 'theme-defaults', 'theme-seti', 'typescript-basics', 'javascript'],
  ...['json', 'markdown-basics', 'log', 'diff', 'node_modules'],
];

/** The servers of this process that test files use one after the other, and whether one does now. */
const servers = new Map<string, { readonly server: EditorServer; lent: boolean }>();

/**
 * A server that is as new: without home content, user data, settings or windows of whoever had it before. What else a window
 * keeps (the state of extensions, of views, trust) lies in its browser context, which is its own. Give it back at the end.
 */
export async function borrowServer(
  options: Pick<ServerOptions, 'settings' | 'workspaceTrust'> = {},
): Promise<EditorServer> {
  const key = `${whichVSCode()} ${options.workspaceTrust === true ? 'asks for trust' : ''}`;
  const kept = servers.get(key);
  if (kept?.lent === true) {
    // A test file that failed has left it in a state that nobody knows.
    servers.delete(key);
    await kept.server.stop();
  } else if (kept !== undefined) {
    kept.server.renew(options.settings);
    kept.lent = true;
    return kept.server;
  }
  const server = await EditorServer.start({ ...options, builtIn });
  servers.set(key, { server, lent: true });
  return server;
}

/** Takes a server back whose windows are closed. Where one does not end, the next one to borrow gets another server. */
export async function giveBack(server: EditorServer): Promise<void> {
  const isVacant = await server.isVacant(30_000);
  for (const [key, kept] of servers) {
    if (kept.server === server && isVacant) {
      kept.lent = false;
    } else if (kept.server === server) {
      servers.delete(key);
      await server.stop();
    }
  }
}

/** Ends what this process shares: the servers and the browser. */
export async function endEditors(): Promise<void> {
  const all = [...servers.values()];
  servers.clear();
  await closeBrowser();
  await Promise.all(all.map(({ server }) => server.stop()));
}
