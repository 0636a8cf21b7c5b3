import { describe, expect, it } from '@jest/globals';

import { PERMISSIONS, ROLES, ROLE_PERMISSIONS, may, rolesIn, type Role, type Viewer } from './roles.js';

const viewer = (role: Role, project = '*', active = true): Viewer => ({
  personId: 'p', tenantId: 't', name: 'n', issuer: 'i', subject: 's', active, grants: [{ role, project }],
});

describe('roles', () => {
  it('grow from observer to admin', () => {
    const order: readonly Role[] = ['observer', 'reviewer', 'maintainer', 'admin'];
    order.slice(1).forEach((role, index) => {
      expect(ROLE_PERMISSIONS[role]).toEqual(expect.arrayContaining([...ROLE_PERMISSIONS[order[index] as Role]]));
    });
    expect([...ROLE_PERMISSIONS.admin].sort()).toEqual([...PERMISSIONS].sort());
  });

  it('give an observer no word that changes anything', () => {
    for (const permission of ROLE_PERMISSIONS.observer) expect(permission).toMatch(/:read$/);
  });

  it('count a project grant in that project only', () => {
    expect(may(viewer('reviewer', 'a'), 'request:decide', 'a')).toBe(true);
    expect(may(viewer('reviewer', 'a'), 'request:decide', 'b')).toBe(false);
    expect(may(viewer('reviewer', 'a'), 'request:decide')).toBe(false);
    expect(rolesIn([{ role: 'admin', project: '*' }], 'b')).toEqual(['admin']);
  });

  it('give a suspended person nothing', () => {
    for (const role of ROLES) for (const permission of PERMISSIONS) expect(may(viewer(role, '*', false), permission)).toBe(false);
  });
});
