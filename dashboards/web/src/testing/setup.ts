import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterAll, afterEach, beforeAll, beforeEach, vi } from "vitest";
import { server } from "@/testing/server";
import { session } from "@/lib/session";

// A machine that is busy with other tests answers late, and not wrongly.
configure({ asyncUtilTimeout: 6_000 });

// uPlot draws on a canvas, which jsdom lacks; what is drawn is tested in a real browser.
vi.mock("uplot", () => ({
  default: class {
    static readonly paths = { stepped: () => undefined };
    readonly cursor = { idx: null };
    setData(): void {}
    setSize(): void {}
    destroy(): void {}
  },
}));

class IdleObserver {
  observe(): void {}
  disconnect(): void {}
  unobserve(): void {}
}

beforeAll(() => {
  vi.stubGlobal("ResizeObserver", IdleObserver);
  vi.stubGlobal("matchMedia", (query: string) => ({
    matches: false,
    media: query,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
    addListener: () => undefined,
    removeListener: () => undefined,
  }));
  server.listen({ onUnhandledRequest: "error" });
});
beforeEach(() => {
  session.begin({ access_token: "token", expires_in: 900 });
});
afterEach(() => {
  cleanup();
  server.resetHandlers();
  session.end();
});
afterAll(() => {
  server.close();
});
