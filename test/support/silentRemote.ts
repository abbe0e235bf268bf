import { createServer, type Server, type Socket } from 'node:net';

/** A remote on loopback that takes every connection and never says a word. */
export class SilentRemote {
  private constructor(
    private readonly server: Server,
    private readonly sockets: readonly Socket[],
    readonly url: string,
  ) {}

  static async start(): Promise<SilentRemote> {
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (typeof address !== 'object' || address === null) {
      throw new Error('The silent remote has no port.');
    }
    return new SilentRemote(server, sockets, `http://127.0.0.1:${address.port}/repo.git`);
  }

  /** How often somebody has come. */
  get connections(): number {
    return this.sockets.length;
  }

  stop(): void {
    for (const socket of this.sockets) {
      socket.destroy();
    }
    this.server.close();
  }
}
