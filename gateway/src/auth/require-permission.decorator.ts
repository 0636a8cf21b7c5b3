import type { Permission } from '@countersign/domain';
import { type CustomDecorator, SetMetadata } from '@nestjs/common';

export const REQUIRED_PERMISSION = 'countersign:permission';

export type RequiredPermission = {
  readonly permission: Permission;
  /** Requesters may do it to their own request without the permission; the service knows whose it is. */
  readonly orOwnRequest: boolean;
};

/** Which permission an operation needs. An operation without one is refused. */
export function RequirePermission(permission: Permission, options: { readonly orOwnRequest?: boolean } = {}): CustomDecorator {
  const required: RequiredPermission = { permission, orOwnRequest: options.orOwnRequest ?? false };
  return SetMetadata(REQUIRED_PERMISSION, required);
}
