import { AppError } from '@countersign/domain';

/** How many gits run at a time: each is a process, and a clone may take minutes. */
export class GitPlaces {
  private readonly held = new Map<string, number>();
  private inAll = 0;

  constructor(private readonly limits: { readonly gitPerPerson: number; readonly gitInAll: number }) {}

  /**
   * @returns what gives the place back.
   * @throws AppError RATE_LIMITED.
   */
  take(person: string): () => void {
    const own = this.held.get(person) ?? 0;
    if (own >= this.limits.gitPerPerson) throw new AppError('RATE_LIMITED', `You have ${own} git transfers at work; wait for one to end`);
    if (this.inAll >= this.limits.gitInAll) throw new AppError('RATE_LIMITED', 'Too many git transfers are at work; try again in a moment');
    this.held.set(person, own + 1);
    this.inAll += 1;
    return () => this.giveBack(person);
  }

  private giveBack(person: string): void {
    const left = (this.held.get(person) ?? 1) - 1;
    if (left === 0) this.held.delete(person);
    else this.held.set(person, left);
    this.inAll -= 1;
  }
}
