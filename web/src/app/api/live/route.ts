import { liveResponse } from '../../../features/live/live-response';

export const dynamic = 'force-dynamic';

export function GET(request: Request): Promise<Response> {
  return liveResponse(request);
}
