// SPDX-License-Identifier: Apache-2.0
// ajv.mjs FOLDER: takes every schema below FOLDER, then reads lines [schema, value] and writes for each the complaints of Ajv, as JSON; [] when it fits.
import { readFileSync, readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const ajv = new Ajv({ strict: true, strictTypes: false, strictTuples: false, allErrors: true, keywords: ['x-unit'] });
addFormats(ajv);
for (const name of readdirSync(process.argv[2], { recursive: true }).filter((path) => path.endsWith('.json'))) {
    ajv.addSchema(JSON.parse(readFileSync(`${process.argv[2]}/${name}`, 'utf8')), `https://scenesync/${name}`);
}
for await (const line of createInterface({ input: process.stdin })) {
    const [schema, value] = JSON.parse(line);
    const validate = ajv.getSchema(`https://scenesync/${schema}`);
    validate(value);
    console.log(JSON.stringify((validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)));
}
