// A few choices kept in this browser. Where it keeps nothing (private mode, policy) they last until the page closes.

export function recall(name: string): string | null {
  try {
    return localStorage.getItem(`channelwarden.${name}`);
  } catch {
    return null;
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`channelwarden.${name}`, value);
  } catch {
    // Nothing to do: the choice holds until the page closes.
  }
}
