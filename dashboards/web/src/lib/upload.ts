/** Uploads with progress, which `fetch` cannot tell. */
import { ProblemError, problemOf, UnreachableError } from "@/lib/problem";
import { session } from "@/lib/session";

export interface UploadOptions {
  readonly contentType: string;
  /** Share of the file that was sent, 0 to 1. */
  readonly onProgress: (ratio: number) => void;
  readonly signal: AbortSignal;
}

/** The text of the answer; a refused token is renewed once. */
export async function upload(path: string, file: Blob, options: UploadOptions): Promise<string> {
  try {
    return await send(path, file, options);
  } catch (error) {
    if (!(error instanceof ProblemError) || error.status !== 401) throw error;
    await session.refresh();
    if (session.state() !== "signed-in") throw error;
    return send(path, file, options);
  }
}

async function send(path: string, file: Blob, { contentType, onProgress, signal }: UploadOptions): Promise<string> {
  const token = await session.freshToken();
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => {
      request.abort();
    };
    request.open("POST", new URL(path, window.location.origin));
    request.setRequestHeader("content-type", contentType);
    if (token !== undefined) request.setRequestHeader("authorization", `Bearer ${token}`);
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    request.onload = () => {
      const isGood = request.status >= 200 && request.status < 300;
      if (isGood) resolve(request.responseText);
      else reject(problemOf(request.status, request.responseText, request.getResponseHeader("x-request-id") ?? undefined));
    };
    request.onerror = () => {
      reject(new UnreachableError());
    };
    request.onabort = () => {
      reject(new DOMException("The upload was stopped.", "AbortError"));
    };
    request.onloadend = () => {
      signal.removeEventListener("abort", abort);
    };
    signal.addEventListener("abort", abort, { once: true });
    request.send(file);
  });
}
