import { editEnv } from '../../config/secrets/edit/edit.js';
import { editorCommand, runEditor } from '../../config/secrets/edit/editor.js';
import { askOnTerminal } from '../ask.js';
import { note, type SecretsAction } from './action.js';
import { placesOf } from './places.js';

/** Opens an environment's secrets in the person's editor. */
export const edit: SecretsAction = async (given, output) => {
  const { paths, identities, environment } = await placesOf(given, given.words[0]);
  const stopping = new AbortController();
  const stopListening = listen(() => stopping.abort());
  const ask = askOnTerminal(output, stopping.signal);
  try {
    const edited = await editEnv({
      paths,
      identities,
      // With --json, stdout is kept for the one document.
      open: (file) => runEditor(editorCommand(environment), file, output.json ? 2 : 1, stopping.signal),
      again: async (problems) => {
        if (ask === undefined) return false;
        for (const problem of problems) note(`  ${problem}`);
        const wanted = await ask('The text is no .env file. Open it again? (No: what you typed is lost)');
        // Then opening it says that it was interrupted.
        return wanted || stopping.signal.aborted;
      },
    });
    output.line(edited.changed ? `${output.paint('green', '✓')} ${edited.file}: encrypted` : `${edited.file}: nothing was changed`);
    return { result: edited };
  } finally {
    stopListening();
  }
};

/**
 * Ctrl-C on a terminal reaches the editor as well, and it alone knows what that means to it; other signals, and one that somebody
 * sends without a terminal, end the editing.
 */
function listen(stop: () => void): () => void {
  const onInterrupt = process.stdin.isTTY ? () => {} : stop;
  const listeners = { SIGINT: onInterrupt, SIGTERM: stop, SIGHUP: stop } as const;
  for (const [signal, listener] of Object.entries(listeners)) process.on(signal, listener);
  return () => {
    for (const [signal, listener] of Object.entries(listeners)) process.off(signal, listener);
  };
}
