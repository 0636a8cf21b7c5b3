import { AppError } from '@countersign/domain';
import { projectNameSchema } from '@countersign/domain/schema';
import { All, Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { Response } from 'express';

import { RequirePermission } from '../auth/require-permission.decorator.js';
import type { RequestWithPerson } from '../auth/signed-in.js';
import { GitBackend } from './git-backend.js';

const UPLOAD_REQUEST = 'application/x-git-upload-pack-request';

function nameOf(project: string): string {
  if (projectNameSchema.safeParse(project).success) return project;
  throw nothingHere();
}

const nothingHere = (): AppError => new AppError('NOT_FOUND', 'There is nothing at this address: clone /git/<project>.git');

const noPush = (): AppError =>
  new AppError('FORBIDDEN', 'Nothing is pushed to Countersign: ask for the change as a request; what is approved is merged here');

/** The reading half of git's smart HTTP protocol, at `/git/<project>.git`. */
@Controller('git')
export class GitController {
  constructor(private readonly backend: GitBackend) {}

  @Get(':project.git/info/refs')
  @RequirePermission('project:read')
  async refs(
    @Param('project') project: string,
    @Query('service') service: unknown,
    @Req() req: RequestWithPerson,
    @Res() res: Response,
  ): Promise<void> {
    if (service === 'git-receive-pack') throw noPush();
    if (service !== 'git-upload-pack') throw new AppError('FORBIDDEN', 'Only the smart protocol is served: use git 1.6.6 or newer');
    await this.backend.answer(nameOf(project), 'info/refs', req, res);
  }

  @Post(':project.git/git-upload-pack')
  @RequirePermission('project:read')
  async fetch(@Param('project') project: string, @Req() req: RequestWithPerson, @Res() res: Response): Promise<void> {
    if (req.headers['content-type'] !== UPLOAD_REQUEST) throw new AppError('INVALID_INPUT', `must be ${UPLOAD_REQUEST}`, { field: 'Content-Type' });
    await this.backend.answer(nameOf(project), 'git-upload-pack', req, res);
  }

  @Post(':project.git/git-receive-pack')
  @RequirePermission('project:read')
  push(): void {
    throw noPush();
  }

  @All('*path')
  @RequirePermission('project:read')
  nothing(): void {
    throw nothingHere();
  }
}
