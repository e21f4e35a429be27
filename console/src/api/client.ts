import createClient from "openapi-fetch";
import { asRefusal, type Refusal, refusalOf } from "./problems";
import type { paths } from "./schema";

const client = createClient<paths>({
  baseUrl: "/",
  credentials: "same-origin",
  querySerializer: { array: { style: "form", explode: false } },
});

type Listener = (answer: Response) => void;
const listeners = new Set<Listener>();

/** onAnswer has a listener see each answer: its Date is the server's clock, and 401 means that the session is over. */
export function onAnswer(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

client.use({
  onResponse({ response }) {
    for (const listener of listeners) listener(response);
    return undefined;
  },
});

/** api has one typed function for each verb; got turns what they answer into a value or a Refusal. */
export const api = client;

/** got awaits a request and returns its body. It throws a Refusal for everything that is not 2xx. */
export async function got<T>(request: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await reached(request);
  if (!response.ok) throw refusalOf(response, error);
  return data as T;
}

/** attempt is got for who wants the refusal as a value. */
export async function attempt<T>(
  request: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<{ value: T; refusal: null } | { value: null; refusal: Refusal }> {
  try {
    return { value: await got(request), refusal: null };
  } catch (thrown) {
    return { value: null, refusal: asRefusal(thrown) };
  }
}

async function reached<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (thrown) {
    throw asRefusal(thrown);
  }
}
