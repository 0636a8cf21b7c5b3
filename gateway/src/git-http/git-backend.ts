import { pipeline } from 'node:stream/promises';

import { AppError } from '@countersign/domain';
import { type Git, serveRepository, type ServedPart } from '@countersign/git';
import type { Response } from 'express';

import type { RequestWithPerson } from '../auth/signed-in.js';
import type { Limits } from '../limits.js';
import type { Services } from '../services.js';
import { gitBody } from './git-body.js';
import { GitPlaces } from './git-places.js';

/** What git asks for reading, answered from the bare copy that services/projects names for this person. */
export class GitBackend {
  private readonly places: GitPlaces;

  constructor(
    private readonly git: Git,
    private readonly services: Services,
    private readonly limits: Limits,
  ) {
    this.places = new GitPlaces(limits);
  }

  /** @throws AppError as long as nothing was sent; later the answer is cut, which git notices. */
  async answer(project: string, part: ServedPart, req: RequestWithPerson, res: Response): Promise<void> {
    if (!req.signedIn) throw new AppError('UNAUTHENTICATED', 'Sign in first');
    const { token, issuer, subject } = req.signedIn.caller;
    const { bare } = await this.services.projects.call('projects.repository', { name: project }, token);
    const giveBack = this.places.take(`${issuer} ${subject}`);
    const gone = new AbortController();
    res.once('close', () => gone.abort());
    try {
      await this.stream(bare, part, req, res, gone.signal);
    } catch (error) {
      // Nobody is there to be told.
      if (!gone.signal.aborted) throw error;
    } finally {
      gone.abort();
      giveBack();
    }
  }

  private async stream(bareDir: string, part: ServedPart, req: RequestWithPerson, res: Response, signal: AbortSignal): Promise<void> {
    const protocol = req.headers['git-protocol'];
    const { status, contentType, body, finished } = await serveRepository(this.git, {
      bareDir,
      part,
      protocol: typeof protocol === 'string' ? protocol : undefined,
      ...(part === 'git-upload-pack' && { body: gitBody(req, this.limits.gitBodyBytes) }),
      deadlineMs: this.limits.gitDeadlineMs,
      signal,
    });
    if (status !== 200) throw new AppError('GIT_FAILED', `git http-backend answered ${status}`);
    res.status(status).setHeader('content-type', contentType);
    await pipeline(body, res, { end: false });
    await finished;
    res.end();
  }
}
