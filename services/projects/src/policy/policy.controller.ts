import { type policyInput, projectsRpc } from '@countersign/contracts';
import { AppError } from '@countersign/domain';
import { type Caller, Rpc } from '@countersign/platform';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';

import { ProjectService } from '../project/project.service.js';
import { CedarAdapter, type PolicyAnswer } from './cedar.adapter.js';
import { DEFAULT_POLICY } from './default-policy.js';

@Controller()
export class PolicyController {
  constructor(
    private readonly projects: ProjectService,
    private readonly cedar: CedarAdapter,
  ) {}

  @Rpc(projectsRpc, 'policy.evaluate')
  async evaluate(_caller: Caller, input: z.output<typeof policyInput>): Promise<PolicyAnswer> {
    const project = await this.projects.inTenant(input.tenantId, input.projectId);
    if (!project) throw new AppError('NOT_FOUND', 'There is no such project');
    const { policyText, settings } = project;
    return this.cedar.evaluate(policyText ?? DEFAULT_POLICY, { ...input, maxDiffLines: settings.maxDiffLines });
  }
}
