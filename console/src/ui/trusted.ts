interface TrustedTypes {
  createPolicy(name: string, rules: { createHTML(text: string): string }): unknown;
}

/**
 * refuseMarkup makes the one policy by which a string may become HTML: style sheets of the component library pass, anything with a "<"
 * in it throws. Browsers without Trusted Types ignore it.
 */
export function refuseMarkup(): void {
  const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  types?.createPolicy("default", {
    createHTML(text) {
      if (text.includes("<")) throw new TypeError("markup from a string is refused");
      return text;
    },
  });
}
