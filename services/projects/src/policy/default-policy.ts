/**
 * The diff gate passes by itself only where the checks really passed: a project without a test command has proved
 * nothing, so there a person decides. Other gates have no rule here, so a person decides those too.
 */
export const DEFAULT_POLICY = `@id("diff-proven")
@reason("The checks passed and the change stays within its limits")
permit (principal, action == Action::"diff", resource)
when { context has checks && context.checks == "passed" };

@id("diff-checks")
@reason("The checks did not pass: they failed, did not run or are not configured")
forbid (principal, action == Action::"diff", resource)
unless { context has checks && context.checks == "passed" };

@id("diff-paths")
@reason("{pathsOutsidePlan} changed path(s) lie outside the approved plan")
forbid (principal, action == Action::"diff", resource)
when { context.pathsOutsidePlan > 0 };

@id("diff-secrets")
@reason("{secrets} possible secret(s) were found in the change")
forbid (principal, action == Action::"diff", resource)
when { context.secrets > 0 };

@id("diff-size")
@reason("The size of the change was not measured or is over {maxDiffLines} changed lines")
forbid (principal, action == Action::"diff", resource)
unless { context has changedLines && context.changedLines <= context.maxDiffLines };

@id("diff-ci-or-dependencies")
@reason("{ciOrDependencyFiles} CI or dependency file(s) change")
forbid (principal, action == Action::"diff", resource)
when { context.ciOrDependencyFiles > 0 };
`;
