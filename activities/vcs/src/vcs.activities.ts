import type { VcsActivities } from '@countersign/workflow-contracts';

import { mergeChange, prepareMerge } from './merge-change.js';
import { deleteBranch } from './our-branch.js';
import { openMergeRequest, pushChange } from './publish-change.js';
import { isBlocked, reviewFindings } from './review-findings.js';
import { beginCall, bringForward, factOf, mergeRequestOf, newestFact, putFact } from './vcs-call.js';
import type { VcsDeps } from './vcs-deps.js';

/** Everything that is done to a repository. Each looks for its own earlier effect first. */
export function vcsActivities(deps: VcsDeps): VcsActivities {
  return {
    /** A second attempt answers the fact of the first; the next planning round schedules anew and gets a fresh one. */
    async syncBase({ requestId }) {
      const call = await beginCall(deps, requestId);
      const { outcome, tip } = await bringForward(call);
      const key = `${call.run.runId}:${call.execution.callId()}`;
      const data = { baseCommit: tip, targetRef: call.targetRef, source: outcome === 'fetched' ? 'fetched' : 'unchanged' } as const;
      const { factId } = await putFact(call, 'base', key, data);
      const { baseCommit } = await factOf(call, 'base', factId);
      return { factId, baseCommit };
    },

    /** A second call finds the branch where it belongs. */
    async push({ requestId, executionId }) {
      return pushChange(await beginCall(deps, requestId), executionId);
    },

    /** A second call finds the merge request. */
    async openMergeRequest({ requestId, executionId }) {
      return openMergeRequest(await beginCall(deps, requestId), executionId);
    },

    /** A second call for the same head finds the review that was posted, and answers what that one said. */
    async review({ requestId, executionId, prepare = false }) {
      const call = await beginCall(deps, requestId);
      const { headCommit: head } = await factOf(call, 'execution', executionId);
      const { number } = await mergeRequestOf(call);
      const checks = await newestFact(call, 'checks', head);
      const measure = await newestFact(call, 'measure', head);
      const findings = reviewFindings(checks, measure, await newestFact(call, 'modelReview', head));
      const blocking = isBlocked(findings, call.briefing.project.settings);
      const review = { reviewer: deps.reviewer.name, head, blocking, findings };
      const posted = await deps.hosts.local.postReview({ bare: call.bare.dir }, number, review);
      const fact = { reviewer: posted.reviewer, headCommit: head, findings: posted.findings };
      const result = { ...(await putFact(call, 'review', head, fact)), blocking: posted.blocking };
      return prepare && !posted.blocking ? { ...result, prepared: await prepareMerge(call, executionId) } : result;
    },

    /** A second call answers the same fact while neither side moved, and finds the branch where it belongs. */
    async prepareMerge({ requestId, executionId }) {
      return prepareMerge(await beginCall(deps, requestId), executionId);
    },

    /** A second call makes the same commit, finds it in the target and does what is left to do. */
    async merge({ requestId, mergePrepId }) {
      return mergeChange(await beginCall(deps, requestId), mergePrepId);
    },

    /** A second call finds it closed. */
    async closeMergeRequest({ requestId }) {
      const call = await beginCall(deps, requestId);
      const repository = { bare: call.bare.dir };
      const found = await deps.hosts.local.findMergeRequest(repository, requestId);
      if (found) await deps.hosts.local.endMergeRequest(repository, found.number, { state: 'closed' });
    },

    /** A second call finds none. */
    async deleteBranch({ requestId }) {
      await deleteBranch(await beginCall(deps, requestId));
    },
  };
}
