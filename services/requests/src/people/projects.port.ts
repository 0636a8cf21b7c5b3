import type { projectSchema, policyInput, policyVerdict } from '@countersign/contracts';
import type { Role, Viewer } from '@countersign/domain';
import type { z } from 'zod';

export type ProjectView = z.output<typeof projectSchema>;
export type PolicyQuestion = z.output<typeof policyInput>;
export type PolicyVerdict = z.output<typeof policyVerdict>;
export type EligiblePerson = { readonly id: string; readonly name: string };

/** services/projects as this service needs it. Nothing is cached: a suspended person is seen at once. */
export interface ProjectsPort {
  viewer(issuer: string, subject: string): Promise<Viewer | null>;
  people(tenantId: string, ids: readonly string[]): Promise<readonly Viewer[]>;
  eligible(tenantId: string, projectId: string, roles: readonly Role[], exclude: string | null): Promise<readonly EligiblePerson[]>;
  project(tenantId: string, id: string): Promise<ProjectView | null>;
  projectNamed(tenantId: string, name: string): Promise<ProjectView | null>;
  /** What entries of its audit trail stand for, by their id there; one that was erased is missing. */
  auditPayloads(tenantId: string, ids: readonly string[]): Promise<ReadonlyMap<string, Buffer>>;
  /** Whom `by` means, where they may erase them. @throws AppError FORBIDDEN, NOT_FOUND or PERSON_NOT_SUSPENDED. */
  erasable(tenantId: string, by: string, person: string): Promise<{ readonly personId: string; readonly name: string }>;
  /** Removes what services/projects keeps of a person. A second call removes nothing. */
  erase(tenantId: string, by: string, personId: string): Promise<{ readonly payloads: number }>;
  evaluatePolicy(question: PolicyQuestion): Promise<PolicyVerdict>;
}
