export { POLICY_GUARDS } from './guards.js';
export { policyActivities, type PolicyDeps } from './policy.activities.js';
export { secretlintScanner, type FoundSecret, type SecretScanner } from './secret-scanner.js';
