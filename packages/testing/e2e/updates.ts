import { randomUUID } from 'node:crypto';

import { Connection, isGrpcServiceError } from '@temporalio/client';

const COMPLETED = 3;
/** What the SDK says of bytes that its converter cannot turn into a value. */
const NOT_READABLE = ['ValueError', 'SyntaxError'];

export type RandomUpdate = { readonly name: string; readonly args?: readonly unknown[]; readonly raw?: { readonly encoding: string; readonly data: Uint8Array } };

export type UpdateSender = {
  /** `taken`, the code of our refusal, or what the SDK or the server refused before us. */
  send(workflowId: string, update: RandomUpdate): Promise<string>;
  close(): Promise<void>;
};

const jsonPayload = (value: unknown) => ({ metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from(JSON.stringify(value)) });

/** Speaks to the server as any program with access to it could, converting nothing. */
export async function updateSender(address: string): Promise<UpdateSender> {
  const connection = await Connection.connect({ address });
  return {
    async send(workflowId, { name, args = [], raw }) {
      const payloads = raw ? [{ metadata: { encoding: Buffer.from(raw.encoding) }, data: raw.data }] : args.map(jsonPayload);
      try {
        const { outcome } = await connection.workflowService.updateWorkflowExecution({
          namespace: 'default',
          workflowExecution: { workflowId },
          waitPolicy: { lifecycleStage: COMPLETED },
          request: { meta: { updateId: randomUUID(), identity: 'nobody' }, input: { name, args: { payloads } } },
        });
        const failure = outcome?.failure;
        if (!failure) return 'taken';
        const { applicationFailureInfo, message = '' } = failure;
        const type = applicationFailureInfo?.type ?? '';
        if (message?.startsWith('No registered handler')) return 'no such update';
        return NOT_READABLE.includes(type) ? 'not readable' : `${type || message}`;
      } catch (error) {
        // An update without a name does not leave the server.
        if (name === '' && isGrpcServiceError(error)) return 'no such update';
        throw error;
      }
    },
    close: () => connection.close(),
  };
}
