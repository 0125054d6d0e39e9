// What the page says, in the language a person reads. Keys are typed: a text that is missing does not compile.
import { effect, signal } from "@preact/signals";
import { en } from "./i18n/en";
import { zh } from "./i18n/zh";
import { recall, remember } from "./remembered";

export type Language = "en" | "zh";
export type Key = keyof typeof en;
export type Texts = Record<Key, string>;

const TEXTS: Record<Language, Texts> = { en, zh };
const LOCALES: Record<Language, string> = { en: "en-GB", zh: "zh-CN" };

export const language = signal<Language>(chosen(recall("language"), navigatorLanguages()));

/** What the person chose, else what the browser asks for, else English. */
export function chosen(remembered: string | null, asked: readonly string[]): Language {
  if (remembered === "en" || remembered === "zh") return remembered;
  const first = asked.find((tag) => /^(en|zh)\b/i.test(tag));
  return first?.toLowerCase().startsWith("zh") === true ? "zh" : "en";
}

/** For `Intl`. */
export function locale(): string {
  return LOCALES[language.value];
}

/** A text, with `{name}` filled in. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  return fill(TEXTS[language.value][key], values);
}

export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : String(value);
  });
}

export function applyLanguage(): void {
  effect(() => {
    remember("language", language.value);
    document.documentElement.lang = LOCALES[language.value];
  });
}

function navigatorLanguages(): readonly string[] {
  return typeof navigator === "undefined" ? [] : navigator.languages;
}
