// Names that the API gives to outcomes, guards and states, in the language shown; a name we do not know stays as it is.
import { t, type Key } from "../../i18n";
import { en } from "../../i18n/en";

export type Family = "outcome" | "guard" | "guard.why" | "state" | "deed" | "mode" | "free-kind" | "severity" | "cause" | "post.state" | "told";

export function known(family: Family, name: string): Key | null {
  const key = `${family}.${name}`;
  return Object.hasOwn(en, key) ? (key as Key) : null;
}

export function word(family: Family, name: string): string {
  const key = known(family, name);
  return key === null ? name : t(key);
}
