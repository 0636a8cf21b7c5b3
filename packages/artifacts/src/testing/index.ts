export { describeArtifactStore, type ArtifactStoreHarness } from '../artifact-store.contract.js';
export { memoryArtifactStore, type MemoryArtifactStore } from './memory-artifact-store.fake.js';
