// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from "vitest/config";

export default defineConfig({
  base: "./", // it may be served from any folder
  build: { target: "es2022", chunkSizeWarningLimit: 2000 },
  worker: { format: "es" },
  test: { include: ["tests/**/*.test.ts"] },
});
