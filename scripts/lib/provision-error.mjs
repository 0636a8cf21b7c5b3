/** A part that cannot be had here. `fix` is the command or setting to type, and is always shown. */
export class ProvisionError extends Error {
  name = 'ProvisionError';

  constructor(message, fix, options) {
    super(message, options);
    this.fix = fix;
  }

  toString() {
    return `${this.message} ${this.fix}`;
  }
}
