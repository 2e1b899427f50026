// SPDX-License-Identifier: Apache-2.0
// What `npm run lint` checks beyond the compiler: mistakes with promises, needless code, and unsafe uses of `any`.
import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  { ignores: ["dist/"] },
  {
    files: ["src/**/*.ts", "tests/**/*.ts", "vite.config.ts"],
    extends: [js.configs.recommended, tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/no-non-null-assertion": "off", // arrays of numbers are read by index everywhere (noUncheckedIndexedAccess)
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "no-control-regex": "off", // names on the wire have none, which is what is checked
    },
  },
);
