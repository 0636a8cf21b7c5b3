import { type CustomDecorator, SetMetadata } from '@nestjs/common';

export const IS_PUBLIC = 'countersign:public';

/** For `/live`, `/ready`, `/metrics` and the list of keys only: whoever watches the process, or audits, has no account. */
export function Public(): CustomDecorator {
  return SetMetadata(IS_PUBLIC, true);
}
