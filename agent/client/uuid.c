// SPDX-License-Identifier: Apache-2.0
// Names of entities (RFC 4122).
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/evp.h>

#include "scenesync/scenesync.h"
#include "wire/topics.h"

static void set_version(struct scenesync_uuid *uuid, uint8_t version) {
    uuid->b[6] = (uint8_t)((uuid->b[6] & 0x0f) | version << 4);
    uuid->b[8] = (uint8_t)((uuid->b[8] & 0x3f) | 0x80);
}

bool scenesync_uuid_random(struct scenesync_uuid *uuid) {
    bool ok = getrandom(uuid->b, sizeof uuid->b, 0) == (ssize_t)sizeof uuid->b;
    set_version(uuid, 4);
    return ok;
}

// UUID version 5: SHA-1 of the namespace and the name (RFC 4122, section 4.3).
static struct scenesync_uuid named(struct scenesync_uuid space, const char *name) {
    uint8_t text[sizeof space.b + 256], hash[EVP_MAX_MD_SIZE];
    size_t len = strlen(name) < 256 ? strlen(name) : 256;
    memcpy(text, space.b, sizeof space.b);
    memcpy(text + sizeof space.b, name, len);
    EVP_Digest(text, sizeof space.b + len, hash, NULL, EVP_sha1(), NULL);
    struct scenesync_uuid uuid;
    memcpy(uuid.b, hash, sizeof uuid.b);
    set_version(&uuid, 5);
    return uuid;
}

void scenesync_uuid_singleton(const char *scene, const char *kind, struct scenesync_uuid *uuid) {
    static const struct scenesync_uuid url = {
        {0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}};
    char name[128];
    snprintf(name, sizeof name, "scenesync:%s", scene);
    *uuid = named(named(url, name), kind);
}

void scenesync_uuid_format(const struct scenesync_uuid *uuid, char text[37]) {
    struct ss_uuid inner;
    memcpy(inner.b, uuid->b, sizeof inner.b);
    ss_uuid_format(&inner, text);
}

bool scenesync_uuid_parse(const char *text, size_t size, struct scenesync_uuid *uuid) {
    struct ss_uuid inner;
    bool ok = ss_uuid_parse((struct ss_slice){(const uint8_t *)text, size}, &inner);
    if (ok) {
        memcpy(uuid->b, inner.b, sizeof inner.b);
    }
    return ok;
}
