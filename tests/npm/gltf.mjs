// SPDX-License-Identifier: Apache-2.0
// gltf.mjs FILE: what the Khronos validator has against a glTF file, a line of JSON each; the least severe, hints and information, are left out.
import { readFileSync } from 'node:fs';
import validator from 'gltf-validator';

const WARNING = 1; // 0 is an error
const report = await validator.validateBytes(new Uint8Array(readFileSync(process.argv[2])), { maxIssues: 100 });
for (const { severity, code, message, pointer } of report.issues.messages.filter((issue) => issue.severity <= WARNING)) {
    console.log(JSON.stringify({ severity, code, message, pointer }));
}
