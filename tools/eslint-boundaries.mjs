/** The import table of STYLE.md 2.1 as lint rules: who may import which of our packages, and which foreign ones. */
const OURS = [
  'domain', 'contracts', 'git', 'artifacts', 'sandbox', 'egress', 'verify', 'model-server', 'parts', 'platform', 'testing', 'cli',
  'workflow-contracts', 'workflow-delivery',
  'activity-agent', 'activity-sandbox', 'activity-vcs', 'activity-policy',
  'requests', 'projects', 'worker', 'standalone', 'gateway', 'web',
];

const TABLE = [
  { files: ['packages/domain/src/**'], may: [], foreign: ['@nestjs/*', 'typeorm', '@temporalio/*', 'pg'] },
  { files: ['packages/contracts/src/**'], may: ['domain', 'domain/schema'], foreign: ['@nestjs/*', 'typeorm', '@temporalio/*'] },
  { files: ['packages/git/src/**', 'packages/artifacts/src/**', 'packages/sandbox/src/**', 'packages/egress/src/**'], may: ['domain', 'domain/digest'], foreign: ['@nestjs/*', 'typeorm', '@temporalio/*'] },
  { files: ['packages/verify/src/**'], may: [], foreign: ['@nestjs/*', 'typeorm', '@temporalio/*', 'pg'] },
  { files: ['packages/parts/src/**'], may: ['domain'], foreign: ['@nestjs/*', 'typeorm'] },
  { files: ['packages/platform/src/**'], may: ['domain', 'domain/digest', 'contracts', 'workflow-contracts'], foreign: ['@temporalio/workflow'] },
  { files: ['packages/cli/src/**'], may: ['domain', 'domain/digest', 'domain/schema', 'contracts', 'verify'], foreign: ['@nestjs/*', 'typeorm', '@temporalio/*'] },
  { files: ['workflows/contracts/src/**'], may: ['domain'], foreign: ['@nestjs/*', 'typeorm', '@temporalio/workflow', '@temporalio/worker'] },
  { files: ['workflows/delivery/src/**'], may: ['domain', 'workflow-contracts'], foreign: ['@nestjs/*', 'typeorm', 'node:*', 'zod', '@temporalio/activity', '@temporalio/client', '@temporalio/worker'] },
  { files: ['activities/*/src/**'], may: ['domain', 'domain/digest', 'domain/schema', 'workflow-contracts', 'git', 'artifacts', 'sandbox', 'egress', 'verify'], foreign: ['@nestjs/*', 'typeorm', '@temporalio/workflow'] },
  { files: ['packages/model-server/src/**'], may: [], foreign: ['@nestjs/*', 'typeorm', '@temporalio/*'] },
  { files: ['services/requests/src/**'], may: ['domain', 'domain/digest', 'domain/schema', 'contracts', 'platform', 'workflow-contracts', 'artifacts', 'verify'], foreign: ['@temporalio/workflow'] },
  { files: ['services/projects/src/**'], may: ['domain', 'domain/digest', 'domain/schema', 'contracts', 'platform', 'git'], foreign: ['@temporalio/workflow'] },
  // git: only to stream a bare copy that services/projects named for this person (ADR 15).
  { files: ['gateway/src/**'], may: ['domain', 'domain/digest', 'domain/schema', 'contracts', 'platform', 'git'], foreign: ['@temporalio/workflow'] },
  { files: ['web/src/**'], may: [], foreign: ['@nestjs/*', 'typeorm', '@temporalio/*'] },
];

const SPECS = ['**/*.spec.ts', '**/*.int-spec.ts', '**/testing/**', '**/*.contract.ts'];
const TYPEORM_FILES = ['**/*.repository.ts', '**/*.entity.ts', '**/migration*/**', '**/database/**', '**/store/**'];

function forbidden(may) {
  const allowed = new Set(may);
  return OURS.flatMap((name) => {
    const subpaths = ['digest', 'schema'].filter((path) => name === 'domain' && !allowed.has(`domain/${path}`));
    const own = allowed.has(name) ? [] : [`@countersign/${name}`];
    return [...own, ...subpaths.map((path) => `@countersign/domain/${path}`)];
  });
}

function rule(may, foreign, more = []) {
  return [
    'error',
    {
      paths: forbidden(may).map((name) => ({ name, message: '[IMP1] Not for this folder: see STYLE.md 2.1.' })),
      patterns: [
        { group: ['@countersign/*/testing'], message: '[IMP2] Test doubles are for specs.' },
        { group: ['@countersign/*/src/*', '@countersign/*/dist/*'], message: '[IMP3] No deep imports.' },
        ...foreign.map((group) => ({ group: [group], message: '[IMP4] This layer may not use that package.' })),
        ...more,
      ],
    },
  ];
}

const TYPEORM = { group: ['typeorm'], message: '[IMP5] Only repositories, entities and migrations know TypeORM.' };

const isService = ({ files }) => files.some((glob) => /^(services|gateway)/.test(glob));

export const boundaries = [
  ...TABLE.map((row) => ({
    files: row.files,
    ignores: SPECS,
    rules: { 'no-restricted-imports': rule(row.may, row.foreign, isService(row) ? [TYPEORM] : []) },
  })),
  ...TABLE.filter(isService).map(({ files, may, foreign }) => ({
    files: files.flatMap((glob) => TYPEORM_FILES.map((kept) => glob.replace('**', kept))),
    ignores: SPECS,
    rules: { 'no-restricted-imports': rule(may, foreign) },
  })),
];
