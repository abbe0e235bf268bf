export const chromiumArgs: string[];
export function chromium(): Promise<string>;
