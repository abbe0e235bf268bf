export const agentNames: readonly string[];
