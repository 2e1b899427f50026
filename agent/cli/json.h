// SPDX-License-Identifier: Apache-2.0
// Values ⇄ JSON, as schemas/README.md says under "Values as JSON": what msgpack has and JSON lacks is {"$bin": "hex"}, {"$ext": [type, "hex"]} and
// {"$float": "nan" | "inf" | "-inf" | "-0"}; a reference is its UUID, the SHA-256 of blobs and pages hex digits, as strings. An array of numbers may be
// written as a plain list where the schema says `array`.
#ifndef SS_CLI_JSON_H
#define SS_CLI_JSON_H

#include <stdio.h>

#include "cli/command.h"
#include "scenesync_schema.h"

// ss_json_value prints a value on one line. `field` may be NULL: not known.
void ss_json_value(FILE *out, const struct ss_schema_field *field, struct scenesync_bytes value);

// ss_json_brief leaves out the data of arrays and bytes: {"$omitted": {"size": bytes, "sha256": hex, "ext": type of an array}}.
void ss_json_brief(FILE *out, const struct ss_schema_field *field, struct scenesync_bytes value);
void ss_json_string(FILE *out, const char *text, size_t size);

// ss_json_read turns JSON into a value of a field, checked against the schema; `any_word` lets an enum have one that this version does not
// know. Returns false and says on stderr what, where and what to do.
bool ss_json_read(const struct ss_schema_field *field, bool any_word, const char *name, const char *json, struct scenesync_writer *writer);

// ss_json_convert is ss_json_read of JSON that was parsed from `given` (NULL: from something larger). Returns false and fills `why`: "wants a number,
// not [1]".
struct cJSON;
bool ss_json_convert(const struct ss_schema_field *field, bool any_word, const struct cJSON *json, const char *given,
                     struct scenesync_writer *writer, char *why, size_t why_size);

// ss_json_field finds what the schema knows of a field, or NULL.
const struct ss_schema_field *ss_json_field(const char *kind, const char *name, size_t size);

#endif
