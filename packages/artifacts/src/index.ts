export type { ArtifactAbout, ArtifactContent, ArtifactStore } from './artifact-store.port.js';
export { DiskArtifactStore } from './disk-artifact-store.adapter.js';
export { redact, Redactor } from './redaction.js';
export { RunningLog, type LogPart, type RunningLogOptions } from './running-log.js';
