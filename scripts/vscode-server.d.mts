export type WhichVSCode = 'oldest' | 'current';
export function cacheFolder(): string;
export function vscodeServer(
  which: WhichVSCode,
): Promise<{ version: string; node: string; serverMain: string }>;
