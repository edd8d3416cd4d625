import { get } from 'node:http';

export interface SlowReport {
  finished: number;
  lost: number;
  /** Milliseconds of the longest. */
  longest: number;
  /** How many were begun on one release and answered while another was live already. */
  acrossTheCut: number;
}

/** Keeps two slow requests in flight, one after the other each, until it is stopped. */
export function slowRequests(address: { host: string; port: number }, path: string): { stop: () => Promise<SlowReport> } {
  const report: SlowReport = { finished: 0, lost: 0, longest: 0, acrossTheCut: 0 };
  let stopped = false;
  const client = async () => {
    while (!stopped) {
      const began = performance.now();
      const [release, live] = await once(address, path);
      if (release === undefined) report.lost++;
      else report.finished++;
      if (release !== live && live !== undefined) report.acrossTheCut++;
      report.longest = Math.max(report.longest, performance.now() - began);
    }
  };
  const clients = Promise.all([client(), client()]);
  return {
    stop: async () => {
      stopped = true;
      await clients;
      return report;
    },
  };
}

/** @returns the release that answered (undefined: lost), and the one that is live by then */
async function once(address: { host: string; port: number }, path: string): Promise<[string | undefined, string | undefined]> {
  const release = await answeredBy(address, path);
  return [release, await answeredBy(address, '/api/whoami')];
}

function answeredBy(address: { host: string; port: number }, path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = get({ ...address, path, agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode === 200 ? String(response.headers['x-release']) : undefined));
      response.on('error', () => resolve(undefined));
    });
    request.on('error', () => resolve(undefined));
  });
}
