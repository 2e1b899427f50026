// SPDX-License-Identifier: Apache-2.0
#include "access/store_users.h"

#include "edges/log.h"
#include "edges/memory.h"
#include "edges/small_file.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHA1_BYTES = 20, SALT_BYTES = 8, HASH_TEXT = 64, MAX_FILE = 4 << 20 };

static bool hash(const char *password, char text[HASH_TEXT]) {
    unsigned char bytes[SHA1_BYTES + SALT_BYTES], *salt = bytes + SHA1_BYTES;
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    bool ok = digest != NULL && RAND_bytes(salt, SALT_BYTES) == 1 && EVP_DigestInit_ex(digest, EVP_sha1(), NULL) == 1 &&
              EVP_DigestUpdate(digest, password, strlen(password)) == 1 && EVP_DigestUpdate(digest, salt, SALT_BYTES) == 1 &&
              EVP_DigestFinal_ex(digest, bytes, NULL) == 1;
    EVP_MD_CTX_free(digest);
    if (ok) {
        memcpy(text, "{SSHA}", 6);
        EVP_EncodeBlock((unsigned char *)text + 6, bytes, sizeof(bytes)); // 40 characters
    }
    return ok;
}

static char *read_list(const char *folder, const char *name) {
    char *text = ss_new(MAX_FILE + 1);
    if (ss_small_read(folder, name, text, MAX_FILE) < 0) {
        ss_log("%s/%s cannot be read", folder, name);
        free(text);
        return NULL;
    }
    return text;
}

// The part of a line after `user:`; NULL where it is another user's.
static const char *hash_in(const char *line, const char *user) {
    const size_t len = strlen(user);
    return strncmp(line, user, len) == 0 && line[len] == ':' ? line + len + 1 : NULL;
}

static bool find_hash(const char *list, const char *user, char text[HASH_TEXT]) {
    for (const char *line = list; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
        const char *found = hash_in(line, user);
        if (found != NULL) {
            snprintf(text, HASH_TEXT, "%.*s", (int)strcspn(found, "\n"), found);
            return true;
        }
    }
    return false;
}

// Writes the list without the user's old line and, unless it is empty, with what is hashed.
static bool write_list(const char *folder, const char *name, const char *list, const char *user, const char *hashed) {
    const size_t size = strlen(list) + strlen(user) + HASH_TEXT + 4;
    char *text = ss_new(size), *to = text;
    for (const char *line = list, *next; *line != '\0'; line = next) {
        next = line + strcspn(line, "\n");
        next += *next == '\n';
        if (hash_in(line, user) == NULL) {
            memcpy(to, line, (size_t)(next - line));
            to += next - line;
        }
    }
    if (*hashed != '\0') {
        to += snprintf(to, size - (size_t)(to - text), "%s:%s\n", user, hashed);
    }
    bool ok = ss_small_write(folder, name, text, (size_t)(to - text));
    free(text);
    return ok;
}

bool ss_store_users_set(const char *folder, const char *user, const char *password, bool reads, bool writes) {
    char hashed[HASH_TEXT] = "";
    char *readers = read_list(folder, "readers"), *writers = read_list(folder, "writers");
    bool ok = readers != NULL && writers != NULL;
    if (ok && password != NULL) {
        ok = hash(password, hashed);
    } else if (ok && reads) {
        ok = find_hash(readers, user, hashed);
        if (!ok) {
            ss_log("the store has no password of %s", user);
        }
    }
    ok = ok && write_list(folder, "readers", readers, user, reads ? hashed : "") &&
         write_list(folder, "writers", writers, user, writes ? hashed : "");
    free(readers);
    free(writers);
    return ok;
}
