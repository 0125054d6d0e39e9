// Characters that a name can hide behind: controls, zero widths, and those that turn the writing direction round, with
// which `led\u202Eom` reads as another model's name.

const HIDDEN = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF\uFFF9-\uFFFB]/g;

export interface Piece {
  text: string;
  /** `U+202E`: to be spelled; `null`: as it is. */
  code: string | null;
}

/** The text in pieces: what can be drawn as it is, and each character that cannot. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (match.index > from) found.push({ text: text.slice(from, match.index), code: null });
    found.push({ text: match[0], code: name(match[0]) });
    from = match.index + match[0].length;
  }
  if (from < text.length || found.length === 0) found.push({ text: text.slice(from), code: null });
  return found;
}

/** The same as plain text, for titles: `led[U+202E]om`. */
export function spelled(text: string): string {
  return pieces(text).map((piece) => (piece.code === null ? piece.text : `[${piece.code}]`)).join("");
}

function name(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}
