export interface PolicyActivities {
  /** Measures the result (size, paths, secrets, markers); decides nothing. Same head commit, same fact. */
  measure(input: { readonly requestId: string; readonly executionId: string }): Promise<{ readonly factId: string; readonly blocking: boolean }>;
}
