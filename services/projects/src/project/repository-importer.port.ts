export type ImportOrder = {
  /** A path or URL, as given. */
  readonly source: string;
  readonly bareDir: string;
  /** Left out: the source's HEAD. */
  readonly branch?: string;
  readonly onProgress: (text: string) => void;
  readonly signal: AbortSignal;
};

/** Makes bare copies of sources. The source is never written. */
export interface RepositoryImporterPort {
  /**
   * Whether the source may be imported, as far as its form, its place and its list of branches can tell. A source that
   * does not list them within seconds passes: the import says then.
   *
   * @throws AppError saying which rule the source breaks.
   */
  checkSource(source: string, branch?: string): Promise<void>;
  /**
   * Whatever an earlier, killed import left behind is replaced; on failure nothing is left.
   *
   * @throws AppError
   */
  import(order: ImportOrder): Promise<{ readonly branch: string }>;
  /** Whether the copy has the branch; one that only the source had becomes a branch of the copy. */
  adoptBranch(bareDir: string, branch: string): Promise<boolean>;
}
