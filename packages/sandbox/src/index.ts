export { BubblewrapSandboxAdapter, type BubblewrapSandboxOptions } from './bubblewrap/bubblewrap-sandbox.adapter.js';
export { chosenSandbox, SANDBOX_CHOICES, type OwnedSandbox, type SandboxAdapters, type SandboxChoice } from './chosen-sandbox.adapter.js';
export { DockerSandboxAdapter, type DockerSandboxOptions } from './docker/docker-sandbox.adapter.js';
export { LANGUAGES, languagesOf, type Language } from './images/image-needs.js';
export { ProjectImages, type ImageChoice, type ImageSubject, type ImageWaiter, type ProjectImagesOptions } from './images/project-images.js';
export { toldImageOf } from './images/told-image.js';
export type { ImageProvisioner, Provision } from './ports/image-provisioner.port.js';
export * from './ports/sandbox.port.js';
