import { AGENT_GUARDS, agentActivities, type AgentDeps, DEFAULT_AGENT_LIMITS } from '@countersign/activity-agent';
import { POLICY_GUARDS, policyActivities } from '@countersign/activity-policy';
import { commandsOf, DEFAULT_CHECK_LIMITS, diskWorkspaces, sandboxActivities } from '@countersign/activity-sandbox';
import { codeHostRegistry, LocalCodeHostAdapter, VCS_GUARDS, vcsActivities } from '@countersign/activity-vcs';
import { redact } from '@countersign/artifacts';
import { modelOf } from '@countersign/domain';
import { RequestWorkspace, workspaceRoot } from '@countersign/git';
import { namespaced, QUEUES, type Queue } from '@countersign/workflow-contracts';

import { currentActivity } from './activity/current-activity.js';
import type { WorkerParts, WorkerServiceDeps } from './worker-parts.js';

/** The queues of this service's activities: services/requests hosts its own. */
export type ActivityQueue = Exclude<Queue, 'requests' | 'delivery'>;

/** Mapped, not listed: a new queue does not compile until something answers it. */
export function queueActivities(deps: WorkerServiceDeps, parts: WorkerParts): Readonly<Record<ActivityQueue, object>> {
  return {
    [QUEUES.agent]: namespaced('agent', agentOf(deps, parts)),
    [QUEUES.sandbox]: namespaced('sandbox', sandboxOf(deps, parts)),
    [QUEUES.vcs]: namespaced('vcs', vcsOf(deps, parts)),
    [QUEUES.policy]: namespaced('policy', policyOf(deps, parts)),
  };
}

/** One folder for each request, made from the project's bare copy; every capability opens the same one. */
function workspaceOf({ dataDir }: WorkerServiceDeps, { git, trees }: WorkerParts) {
  return (requestId: string, bare: string) => new RequestWorkspace({ git, root: workspaceRoot(dataDir, requestId), bare, cache: trees });
}

/** For the comfort of the agent only: a check never takes over what it did with it. */
function installedOf(deps: WorkerServiceDeps, parts: WorkerParts): AgentDeps['installed'] {
  const workspace = workspaceOf(deps, parts);
  return async ({ requestId, project, folder, base, commit, onProgress, signal }) => {
    if (project.settings.setupCommand === null) return undefined;
    const image = await parts.images.imageOf({ image: project.settings.image, bare: project.bare, commit: base }, { onProgress, signal });
    const commands = commandsOf(project.settings, image);
    return (await parts.dependencies.prepare(workspace(requestId, project.bare), { project, folder, base, commit, commands })).cache;
  };
}

function agentOf(deps: WorkerServiceDeps, parts: WorkerParts) {
  const { sandbox } = deps;
  const { records, evidence, journal, artifacts, logs, toolsDir } = parts;
  const workspace = workspaceOf(deps, parts);
  return agentActivities({
    records,
    evidence,
    guards: AGENT_GUARDS,
    journal,
    artifacts,
    toolsDir,
    redact: (text) => redact(text),
    ...currentActivity,
    model: (stage, project) => parts.models(modelOf(stage, project, deps.models.choice)),
    sandbox: parts.sandbox,
    egress: parts.egress,
    workspaces: ({ requestId, bare }) => workspace(requestId, bare),
    log: (requestId) => logs.linesOf(requestId),
    images: parts.images,
    installed: installedOf(deps, parts),
    toolsImage: sandbox.image,
    limits: { ...DEFAULT_AGENT_LIMITS, ...(sandbox.limits === undefined ? {} : { sandbox: sandbox.limits }) },
    now: Date.now,
  });
}

function sandboxOf({ dataDir, sandbox }: WorkerServiceDeps, parts: WorkerParts) {
  const { records, artifacts, logs, git, trees } = parts;
  return sandboxActivities({
    records,
    artifacts,
    ...currentActivity,
    sandbox: parts.sandbox,
    egress: parts.egress,
    workspaces: diskWorkspaces({ git, dataDir, cache: trees }),
    log: (requestId) => logs.of(requestId),
    redact,
    images: parts.images,
    dependencies: parts.dependencies,
    limits: { ...DEFAULT_CHECK_LIMITS, ...(sandbox.limits === undefined ? {} : { sandbox: sandbox.limits }) },
  });
}

function vcsOf(deps: WorkerServiceDeps, parts: WorkerParts) {
  const { dataDir, reviewer, requestUrl, settings } = deps;
  const { records, evidence, git } = parts;
  return vcsActivities({
    records,
    evidence,
    guards: VCS_GUARDS,
    git,
    reviewer,
    requestUrl,
    hosts: codeHostRegistry({ local: new LocalCodeHostAdapter(git, () => new Date().toISOString()) }),
    source: { roots: settings.repoRoots, dataDir, allowPrivateHosts: settings.allowPrivateHosts },
    workspace: workspaceOf(deps, parts),
  });
}

function policyOf(deps: WorkerServiceDeps, parts: WorkerParts) {
  return policyActivities({ records: parts.records, guards: POLICY_GUARDS, workspace: workspaceOf(deps, parts), ...currentActivity });
}
