import js from "@eslint/js";
import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import * as imports from "eslint-plugin-import-x";
import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import { readdirSync } from "node:fs";
import tseslint from "typescript-eslint";

const features = readdirSync(new URL("./src/features", import.meta.url));
const shared = ["components", "hooks", "lib"].map((folder) => `./src/${folder}`);

/** app -> features -> components, hooks, lib; features do not know each other. */
const zones = [
  ...features.map((feature) => ({
    target: `./src/features/${feature}`,
    from: "./src/features",
    except: [`./${feature}`],
    message: "Features do not know each other: bring them together in src/app.",
  })),
  { target: "./src/features", from: "./src/app", message: "Features do not know the application." },
  { target: shared, from: ["./src/app", "./src/features"], message: "What is shared knows no feature." },
  { target: "./src/lib", from: ["./src/components", "./src/hooks"], message: "lib knows no React." },
];

export default tseslint.config(
  { ignores: ["dist", "src/lib/api/schema.ts"] },
  js.configs.recommended,
  {
    files: ["src/**/*.{ts,tsx}", "vite.config.ts"],
    extends: [tseslint.configs.strictTypeChecked, a11y.flatConfigs.strict],
    plugins: { import: imports, "react-hooks": hooks },
    languageOptions: { parserOptions: { projectService: true } },
    settings: { "import-x/resolver-next": [createTypeScriptImportResolver()] },
    rules: {
      ...hooks.configs.recommended.rules,
      "import/no-restricted-paths": ["error", { zones, basePath: import.meta.dirname }],
      "import/no-cycle": "error",
      "import/no-default-export": "error",
      // A union gets a case each, so that a new member fails to compile.
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      // The first field of a dialog is where its user wants to be.
      "jsx-a11y/no-autofocus": "off",
      "no-console": "error",
    },
  },
  { files: ["vite.config.ts"], rules: { "import/no-default-export": "off" } },
  {
    files: ["scripts/**/*.mjs", "eslint.config.js"],
    languageOptions: { globals: { process: "readonly", console: "readonly", URL: "readonly" } },
  },
);
