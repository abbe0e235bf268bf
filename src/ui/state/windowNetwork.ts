import * as vscode from 'vscode';
import type { NetworkLimits, NetworkOperation } from '../../network/networkOutcome';
import type { Network } from '../../network/network';
import { syncSettings } from '../platform/settings';

/** Work with a remote that is over sooner is not shown: rows that flash by only startle. In milliseconds. */
const shownAfterMs = 400;
/** How often the time that is left is written anew, in milliseconds: not so often that nobody could read a tooltip. */
const tick = 5_000;

/** The one network of this window, made when it is first needed, and whatever of it a person may want to stop. */
export class WindowNetwork implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  /** There is other work with remotes now, or it has gone on for a while. */
  readonly onDidChange = this.changed.event;
  private network: Promise<Network> | undefined;
  private made: Network | undefined;
  private readonly running = new Set<AbortController>();
  private timer: NodeJS.Timeout | undefined;
  private readonly subscription: vscode.Disposable;

  constructor(private readonly log: vscode.LogOutputChannel) {
    this.subscription = vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('belay.git') && this.made !== undefined) {
        void this.limits().then((limits) => this.made?.setLimits(limits));
      }
    });
  }

  get(): Promise<Network> {
    this.network ??= this.make();
    return this.network;
  }

  /** What is under way, for long enough to be shown. */
  get operations(): readonly NetworkOperation[] {
    return (this.made?.operations ?? []).filter(({ elapsed }) => elapsed >= shownAfterMs);
  }

  /** Does something that {@link cancel} stops. */
  async track<T>(work: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const controller = new AbortController();
    this.running.add(controller);
    this.follow();
    try {
      const either = signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]);
      return await work(either);
    } finally {
      this.running.delete(controller);
      this.follow();
    }
  }

  /** Stops one operation, or all that runs in this window. @returns whether there was anything to stop. */
  cancel(id?: string): boolean {
    const any = this.running.size > 0 || (this.made?.operations.length ?? 0) > 0;
    this.made?.cancel(id);
    if (id === undefined) {
      for (const controller of this.running) {
        controller.abort();
      }
    }
    return any;
  }

  /** What is under way ends with the window. */
  dispose(): void {
    this.cancel();
    clearInterval(this.timer);
    this.subscription.dispose();
    this.changed.dispose();
  }

  private async make(): Promise<Network> {
    const { Network: Made } = await import('../../network/network');
    this.made = new Made({
      limits: await this.limits(),
      log: (line) => {
        this.log.info(line);
      },
      onChange: () => {
        this.follow();
      },
    });
    return this.made;
  }

  private async limits(): Promise<NetworkLimits> {
    const { defaultNetworkLimits } = await import('../../network/networkOutcome');
    const configuration = vscode.workspace.getConfiguration('belay');
    const { timeLimit, maxOperations } = syncSettings(configuration, this.log);
    return {
      timeLimit: timeLimit ?? defaultNetworkLimits.timeLimit,
      maxOperations: maxOperations ?? defaultNetworkLimits.maxOperations,
    };
  }

  /** A clock ticks only while there is something whose time goes by. */
  private follow(): void {
    const busy = this.running.size > 0 || (this.made?.operations.length ?? 0) > 0;
    if (busy && this.timer === undefined) {
      this.timer = setInterval(() => {
        this.changed.fire();
      }, tick);
      setTimeout(() => {
        this.changed.fire();
      }, shownAfterMs + 50);
    } else if (!busy && this.timer !== undefined) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
    void vscode.commands.executeCommand('setContext', 'belay.networking', busy);
    this.changed.fire();
  }
}
