import { AppError, may, type Permission, type Viewer } from '@countersign/domain';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';

import { IS_PUBLIC } from './public.decorator.js';
import { REQUIRED_PERMISSION, type RequiredPermission } from './require-permission.decorator.js';
import { signedInOf } from './signed-in.js';

/** Whether the viewer holds a permission in any project. Which project counts is the service's to say. */
export function maySomewhere(viewer: Viewer, permission: Permission): boolean {
  return may(viewer, permission) || viewer.grants.some(({ project }) => may(viewer, permission, project));
}

/** Refuses every operation whose permission the viewer holds nowhere, and every operation that names none. */
@Injectable()
export class PermissionGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.reflector.get<boolean | undefined>(IS_PUBLIC, context.getHandler())) return true;
    const required = this.reflector.get<RequiredPermission | undefined>(REQUIRED_PERMISSION, context.getHandler());
    if (!required) throw new AppError('FORBIDDEN', 'This operation names no permission');
    const viewer = await signedInOf(context).viewer();
    if (!viewer.active) throw new AppError('ACTOR_INACTIVE', 'Your account is suspended');
    const { permission, orOwnRequest } = required;
    if (maySomewhere(viewer, permission) || (orOwnRequest && maySomewhere(viewer, 'request:read'))) return true;
    throw new AppError('FORBIDDEN', `None of your roles allows ${permission}`);
  }
}
