/** Where the bare copies lie: `<path>/<projectId>.git`. A class, so that Nest can hand it out. */
export class ReposDir {
  constructor(readonly path: string) {}
}
