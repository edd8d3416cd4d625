import type { Command } from '../command.js';
export const command: Command = { summary: '', usage: [], words: 0, flags: {}, help: {}, run: async () => ({ result: {} }) };
