/** The artifact store as this service reads it: whole, verified content by its hash. */
export interface ArtifactReaderPort {
  /** @throws AppError NOT_FOUND, ARTIFACT_UNAVAILABLE or ARTIFACT_CORRUPT. */
  read(sha256: string): Promise<Uint8Array>;
}

export type LogChunk = { readonly text: string; readonly next: number; readonly ended: boolean };

/** The running log of a request, by byte offset. */
export interface LogReaderPort {
  read(requestId: string, after: number, limit: number): Promise<LogChunk>;
}
