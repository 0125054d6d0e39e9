/** Where a login leads. Pure. */
import { href } from "../../router";

/** Only a place in the dashboard: a link made elsewhere must not lead out of it after the login, nor round in a circle. */
export function safeBack(then: string): string {
  return /^#\/(?!login\b)/.test(then) ? then : href("overview");
}
