import { type CustomDecorator, SetMetadata } from '@nestjs/common';

export const IS_PUBLIC = 'countersign:public';

/** For `/live` and `/ready` only: whoever watches the process has no account. */
export function Public(): CustomDecorator {
  return SetMetadata(IS_PUBLIC, true);
}
