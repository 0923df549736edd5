// Writes src/lib/api/schema.ts from openapi.json; with --check it only compares, and with --fetch it first
// takes the document anew from the API's own code (python -m app.api_document).
import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const document = new URL("../openapi.json", import.meta.url);
const target = new URL("../src/lib/api/schema.ts", import.meta.url);
const root = fileURLToPath(new URL("../../../", import.meta.url));
const header = "// Generated from openapi.json by `npm run generate`. Do not edit.\n\n";

if (process.argv.includes("--fetch")) {
  const python = process.env.PYTHON ?? `${root}.venv/bin/python`;
  const printed = execFileSync(python, ["-m", "app.api_document"], { cwd: root, encoding: "utf8" });
  await writeFile(document, `${JSON.stringify(JSON.parse(printed), null, 2)}\n`);
}

const generated = header + astToString(await openapiTS(document, { alphabetize: false }));
if (!process.argv.includes("--check")) {
  await writeFile(target, generated);
} else if ((await readFile(target, "utf8")) !== generated) {
  console.error("src/lib/api/schema.ts differs from openapi.json: run `npm run generate`");
  process.exit(1);
}
