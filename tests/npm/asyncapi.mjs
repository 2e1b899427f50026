// SPDX-License-Identifier: Apache-2.0
// asyncapi.mjs FILE: what AsyncAPI's own parser has to say against a document, as JSON lines; nothing when it is right.
import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';

const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], 'utf8'));
for (const { severity, message, path } of diagnostics) {
    if (severity <= 1) {
        console.log(JSON.stringify({ severity, message, path }));
    }
}
process.exit(document ? 0 : 1);
