const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/**
 * Slack, and those that follow it, read `<…>` as a link or as a call such as `<!channel>`; whatever a program has printed is
 * neither (https://api.slack.com/docs/message-formatting).
 *
 * @returns the text as a chat is to show it; pure
 */
export function chatText(text: string): string {
  return text.replace(/[&<>]/g, (sign) => entities[sign] ?? sign);
}
