import type { projectsRpc, RpcOutput } from '@countersign/contracts';

import type { ProjectSettingsPatch } from './project.input.js';
import type { Project } from './project.type.js';

type StoredProject = RpcOutput<typeof projectsRpc, 'projects.get'>;

/** GraphQL has no maps: the environment becomes a list of names and values. */
export function toProject(project: StoredProject): Project {
  const env = Object.entries(project.settings.env).map(([name, value]) => ({ name, value }));
  return { ...project, settings: { ...project.settings, env } };
}

export function toSettings({ env, ...settings }: ProjectSettingsPatch) {
  return { ...settings, ...(env ? { env: Object.fromEntries(env.map(({ name, value }) => [name, value])) } : {}) };
}
