/** The two functions in use: `semver` has no types of its own. */
declare module 'semver/functions/satisfies.js' {
  const satisfies: (version: string, range: string) => boolean;
  export = satisfies;
}
declare module 'semver/ranges/valid.js' {
  /** The range in its canonical form; null where the text is none. */
  const validRange: (range: string) => string | null;
  export = validRange;
}
