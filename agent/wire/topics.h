// SPDX-License-Identifier: Apache-2.0
// Builds and reads the MQTT topics of v1 (DESIGN section 4): <prefix>/v1/<scene>/<what>/…
#ifndef SS_WIRE_TOPICS_H
#define SS_WIRE_TOPICS_H

#include "util/types.h"

enum { SS_MAX_TOPIC = 512, SS_MAX_SCENE = 64, SS_MAX_USER = 64, SS_MAX_METHOD = 32, SS_MAX_PREFIX = 128 };

enum ss_topic_type {
    SS_TOPIC_STATE,      // kind, uuid, part
    SS_TOPIC_LIVE,       // kind
    SS_TOPIC_PEER,       // user, origin
    SS_TOPIC_ONLINE,     // user, origin
    SS_TOPIC_PRESENCE,   // user, origin
    SS_TOPIC_FRAME,      // user, name (the stream)
    SS_TOPIC_CALL,       // origin, name (the method)
    SS_TOPIC_REPLY,      // user, origin
    SS_TOPIC_JSON,       // kind, uuid
    SS_TOPIC_JSON_SET,   // kind, uuid
    SS_TOPIC_CHECKPOINT, // nothing
};

struct ss_topic {
    enum ss_topic_type type;
    struct ss_slice scene;
    struct ss_slice kind;
    struct ss_uuid uuid;
    int part; // -1: the whole entity
    struct ss_slice user;
    struct ss_origin origin;
    struct ss_slice name;
};

// ss_topic_build writes `topic` as NUL-terminated text. UUIDs are written with dashes, origins as 16 hex digits, lower case.
// Returns false when a level is missing or has a character that topics may not have.
bool ss_topic_build(const char *prefix, const struct ss_topic *topic, char text[SS_MAX_TOPIC]);

// ss_topic_parse reads a topic; slices point into `text`. Returns false for anything that is not exactly a topic of v1.
bool ss_topic_parse(const char *prefix, struct ss_slice text, struct ss_topic *topic);

// ss_topic_filter writes the subscription for every topic of one type in a scene, or for those of one origin (CALL) or of one user and origin
// (REPLY): `topic` needs only these. Where state/# is subscribed, parts come with it. Returns false as ss_topic_build does.
bool ss_topic_filter(const char *prefix, const struct ss_topic *topic, char text[SS_MAX_TOPIC]);

// ss_is_prefix: one or more levels of [A-Za-z0-9_-]; ss_is_scene: [a-z0-9][a-z0-9_-]{0,63}; ss_is_user: 1…64 of [A-Za-z0-9_-].
bool ss_is_prefix(struct ss_slice text);
bool ss_is_scene(struct ss_slice text);
bool ss_is_user(struct ss_slice text);

// ss_uuid_format writes 36 characters and a NUL; ss_uuid_parse reads 36 characters with dashes, in either case.
void ss_uuid_format(const struct ss_uuid *uuid, char text[37]);
bool ss_uuid_parse(struct ss_slice text, struct ss_uuid *uuid);

// ss_hex_format writes 2·len lower-case digits and a NUL; ss_hex_parse reads exactly 2·len digits.
void ss_hex_format(const uint8_t *bytes, size_t len, char *text);
bool ss_hex_parse(struct ss_slice text, uint8_t *bytes, size_t len);

#endif
