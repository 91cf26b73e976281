// Questions on a terminal; lines of a pipe work as well.
import { createInterface } from 'node:readline';

export function asker(input, output) {
  const muted = { on: false };
  const show = { write: text => muted.on || output.write(text) };
  const lines = createInterface({ input, output: input.isTTY ? Object.assign(Object.create(output), show) : undefined, terminal: input.isTTY });
  const each = lines[Symbol.asyncIterator]();

  async function answer(question, secret = false) {
    output.write(question);
    // A password is not shown while it is typed.
    muted.on = secret;
    const { value, done } = await each.next();
    muted.on = false;
    if (secret || !input.isTTY) output.write('\n');
    if (done) throw new Error('there was no answer');
    return value.trim();
  }

  return {
    /** A line; what stands there already is kept by an empty answer. */
    async line(label, { value = '', required = false, secret = false } = {}) {
      for (;;) {
        const typed = await answer(`${label}${value ? ` [${value}]` : ''}: `, secret);
        if (typed !== '' || value || !required) return typed || value;
      }
    },
    /** One of several, by its number. */
    async choice(labels) {
      if (labels.length === 1) return 0;
      labels.forEach((label, at) => output.write(`${at + 1} ${label}\n`));
      for (;;) {
        const number = Number(await answer('Which one? '));
        if (labels[number - 1]) return number - 1;
      }
    },
    close: () => lines.close(),
  };
}
