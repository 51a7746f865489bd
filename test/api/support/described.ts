import { ask } from './api.ts';

/** An operation of the description, with what its parameters and its body are to be. */
export interface Operation {
  readonly method: string;
  /** `/api/v1/devices/{mac}`. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body?: object;
  /** Statuses that it may answer with. */
  readonly statuses: readonly number[];
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly schema: object;
}

/** The document that a daemon describes its API by. */
export async function describedBy(port: number): Promise<object> {
  const { text, status } = await ask(port, '/api/openapi.json');
  if (status !== 200) throw new Error(`no description: ${text}`);
  return JSON.parse(text);
}

const methods = ['get', 'post', 'put', 'patch', 'delete'];

export function operationsIn(document: object): Operation[] {
  const paths: Record<string, Record<string, unknown>> = Object(document).paths;
  return Object.entries(paths).flatMap(([path, item]) =>
    methods
      .filter((method) => method in item)
      .map((method) => {
        const { parameters = [], requestBody, responses } = Object(item[method]);
        const [content] = Object.values(Object(Object(requestBody).content));
        return {
          ...{ method: method.toUpperCase(), path, parameters, body: Object(content).schema },
          statuses: Object.keys(responses).map(Number),
        };
      }),
  );
}
