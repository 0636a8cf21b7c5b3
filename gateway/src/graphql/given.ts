type Given<Args> = { [Key in keyof Args]: Exclude<Args[Key], null | undefined> };

/** GraphQL callers may write null where they leave an argument out; services know only "not given". */
export function given<Args extends object>(args: Args): Given<Args> {
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null && value !== undefined)) as Given<Args>;
}
