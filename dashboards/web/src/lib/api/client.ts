/** The typed client of the API: adds the token, renews it once when it is refused, and throws problems. */
import createClient from "openapi-fetch";
import type { paths } from "@/lib/api/schema";
import { ProblemError, problemFrom, UnreachableError } from "@/lib/problem";
import { session } from "@/lib/session";

export const api = createClient<paths>({
  baseUrl: window.location.origin,
  credentials: "same-origin",
  fetch: authorizedFetch,
});

/** Requests that are made before there is a token; a 401 there is an answer, not an end of the session. */
export const publicApi = createClient<paths>({
  baseUrl: window.location.origin,
  credentials: "same-origin",
  fetch: reachingFetch,
});

/** The data of an answer; every other outcome has been thrown. */
export async function dataOf<T>(answer: Promise<{ data?: T }>): Promise<T> {
  const { data } = await answer;
  if (data === undefined) {
    throw new ProblemError({ status: 200, title: "The platform answered with nothing." });
  }
  return data;
}

async function authorizedFetch(request: Request): Promise<Response> {
  const again = request.clone();
  const response = await send(request);
  if (response.status !== 401) return checked(response);
  await session.refresh();
  if (session.state() !== "signed-in") throw await problemFrom(response);
  return checked(await send(again));
}

async function send(request: Request): Promise<Response> {
  const token = await session.freshToken();
  if (token !== undefined) request.headers.set("authorization", `Bearer ${token}`);
  return reached(request);
}

async function reachingFetch(request: Request): Promise<Response> {
  return checked(await reached(request));
}

async function reached(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (cause) {
    if (request.signal.aborted) throw cause;
    throw new UnreachableError({ cause });
  }
}

async function checked(response: Response): Promise<Response> {
  if (response.ok) return response;
  throw await problemFrom(response);
}
