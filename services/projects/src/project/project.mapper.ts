import { join } from 'node:path';

import type { projectsRpc, RpcOutput } from '@countersign/contracts';

import { DEFAULT_POLICY } from '../policy/default-policy.js';
import { policyVersionOf } from '../policy/policy-schema.js';
import { bringHomeCommands } from './bring-home.js';
import type { ProjectEntity } from './project.entity.js';

export type ProjectView = RpcOutput<typeof projectsRpc, 'projects.get'>;

export function bareDirOf(reposDir: string, projectId: string): string {
  return join(reposDir, `${projectId}.git`);
}

export function toProjectView(project: ProjectEntity, reposDir: string): ProjectView {
  const { id, tenantId, name, repo, branch, settings, settingsVersion } = project;
  const bare = bareDirOf(reposDir, id);
  const policyText = project.policyText ?? DEFAULT_POLICY;
  return {
    id,
    tenantId,
    name,
    repo,
    bare,
    branch,
    settings: structuredClone(settings) as ProjectView['settings'],
    settingsVersion,
    policyVersion: policyVersionOf(policyText),
    policyText,
    import: {
      state: project.importState,
      progress: project.importProgress,
      code: project.importCode,
      message: project.importMessage,
    },
    bringHome: bringHomeCommands(repo, bare, branch),
    createdAt: project.createdAt.toISOString(),
  };
}
