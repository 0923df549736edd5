/**
 * Who is signed in, in this tab.
 *
 * The access token lives in memory only. The refresh token is an HttpOnly cookie that no script sees; it is
 * exchanged for a new access token shortly before the old one ends. Tabs take turns with the cookie, because
 * the platform takes a refresh token that is used twice for a stolen one.
 */
import { problemFrom, type ProblemError, UnreachableError } from "@/lib/problem";

export type SessionState = "unknown" | "signed-out" | "signed-in";

export interface Tokens {
  readonly access_token: string;
  /** Seconds. */
  readonly expires_in: number;
}

/** A token with less life than this is renewed before it is used. */
const MARGIN_MS = 5_000;
/** Share of the token's life after which it is renewed in the background. */
const RENEW_AT_RATIO = 0.8;
const LOCK = "autoserve-refresh";

let state: SessionState = "unknown";
let token: { value: string; endsAt: number } | undefined;
let renewal: ReturnType<typeof setTimeout> | undefined;
let refreshing: Promise<void> | undefined;
const listeners = new Set<() => void>();

export const session = {
  state: () => state,
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  /** Take the tokens of a sign-in. */
  begin(tokens: Tokens): void {
    keep(tokens);
  },
  /** Forget the tokens; the caller has told the platform, or was told by it. */
  end(): void {
    clearTimeout(renewal);
    token = undefined;
    become("signed-out");
  },
  /** A token that is good for the next few seconds, renewed where needed; undefined when signed out. */
  async freshToken(): Promise<string | undefined> {
    if (state === "signed-out") return undefined;
    if (token === undefined || token.endsAt - Date.now() < MARGIN_MS) await session.refresh();
    return token?.value;
  },
  /**
   * Exchange the cookie for a new token; callers at the same time share one request.
   * A refused cookie ends the session. An unreachable platform throws and changes nothing.
   */
  refresh(): Promise<void> {
    refreshing ??= inTurn(exchange).finally(() => {
      refreshing = undefined;
    });
    return refreshing;
  },
};

async function exchange(): Promise<void> {
  let response: Response;
  try {
    response = await fetch(new URL("/api/v1/auth/refresh", window.location.origin), {
      method: "POST",
      credentials: "same-origin",
    });
  } catch (cause) {
    throw new UnreachableError({ cause });
  }
  if (response.ok) {
    keep((await response.json()) as Tokens);
    return;
  }
  const problem = await problemFrom(response);
  if (isRefusal(problem)) session.end();
  else throw problem;
}

function keep(tokens: Tokens): void {
  const lifeMs = tokens.expires_in * 1000;
  token = { value: tokens.access_token, endsAt: Date.now() + lifeMs };
  clearTimeout(renewal);
  renewal = setTimeout(() => {
    // Nothing to tell the user: the next request tries again and shows what is wrong.
    session.refresh().catch(() => undefined);
  }, lifeMs * RENEW_AT_RATIO);
  become("signed-in");
}

function become(next: SessionState): void {
  if (state === next) return;
  state = next;
  for (const listener of listeners) listener();
}

function isRefusal(problem: ProblemError): boolean {
  return problem.status >= 400 && problem.status < 500 && problem.status !== 429;
}

async function inTurn(work: () => Promise<void>): Promise<void> {
  // Web locks exist in secure contexts only; over plain HTTP the grace period of the platform has to do.
  if ("locks" in navigator) await navigator.locks.request(LOCK, work);
  else await work();
}
