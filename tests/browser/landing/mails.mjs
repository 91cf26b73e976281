// Mails as a person reads them.

/** The text of a mail, its transfer encoding undone. */
export function readable(mail) {
  const parts = mail.split(/\r?\n\r?\n/);
  const quoted = /content-transfer-encoding: quoted-printable/i.test(mail);
  const base64 = /content-transfer-encoding: base64/i.test(mail);
  if (base64) return mail + parts.map(part => Buffer.from(part, 'base64').toString()).join('\n');
  if (!quoted) return mail;
  const bytes = mail.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}

const find = (pattern, text, what) => {
  const found = pattern.exec(text);
  if (!found) throw new Error(`no ${what} in:\n${text}`);
  return found[0];
};

/** The six digits that stand alone. */
export const codeIn = mail => find(/(?<![\w#&=-])\d{6}(?![\w-])/, mail.replace(/https?:\S+/g, ''), 'code');

/** The first link. */
export const linkIn = mail => find(/https:\/\/auth\.example\.com\/[^\s"<>]+/, mail, 'link').replaceAll('&amp;', '&');
