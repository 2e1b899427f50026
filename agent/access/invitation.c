// SPDX-License-Identifier: Apache-2.0
#include "access/invitation.h"

#include "util/bytes.h"
#include "wire/topics.h"

#include <ctype.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEME "scenesync://"
#define HOST "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.:_-[]"
#define TWICE "it says the same thing twice"

// ---- The authority's certificate: PEM ⇄ DER in base64url -------------------------------------------------------------------------------

static void swap(char *text, const char *from, const char *to) {
    for (; *text != '\0'; text++) {
        const char *at = strchr(from, *text);
        *text = at != NULL ? to[at - from] : *text;
    }
}

static X509 *read_pem(const char *pem) {
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return certificate;
}

static bool ca_to_text(const char *pem, char text[SS_INVITATION_CA]) {
    X509 *certificate = read_pem(pem);
    unsigned char *der = NULL;
    const int len = certificate != NULL ? i2d_X509(certificate, &der) : -1;
    const bool fits = len > 0 && len < SS_INVITATION_CA / 4 * 3 - 4;
    if (fits) {
        EVP_EncodeBlock((unsigned char *)text, der, len);
        text[strcspn(text, "=")] = '\0';
        swap(text, "+/", "-_");
    }
    OPENSSL_free(der);
    X509_free(certificate);
    return fits;
}

static bool write_pem(X509 *certificate, char pem[SS_INVITATION_CA]) {
    BIO *bio = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    const bool made = PEM_write_bio_X509(bio, certificate) == 1;
    const long len = made ? BIO_get_mem_data(bio, &bytes) : 0;
    const bool ok = len > 0 && len < SS_INVITATION_CA;
    if (ok) {
        memcpy(pem, bytes, (size_t)len);
        pem[len] = '\0';
    }
    BIO_free(bio);
    return ok;
}

static bool ca_from_text(char *text, char pem[SS_INVITATION_CA]) {
    unsigned char der[SS_INVITATION_CA];
    const size_t bare = strlen(text);
    while (strlen(text) % 4 != 0 && strlen(text) < bare + 3) {
        memcpy(text + strlen(text), "=", 2);
    }
    swap(text, "-_", "+/");
    const int len = EVP_DecodeBlock(der, (const unsigned char *)text, (int)strlen(text));
    const unsigned char *at = der;
    X509 *certificate = len > 0 ? d2i_X509(NULL, &at, len) : NULL;
    const bool ok = certificate != NULL && write_pem(certificate, pem);
    X509_free(certificate);
    return ok;
}

// ---- The link ---------------------------------------------------------------------------------------------------------------------------

// Appends `&key=value`, or `?` before the first; what a URL cannot have is escaped.
static bool add(char link[SS_INVITATION_LINK], const char *key, const char *value) {
    size_t len = strlen(link);
    if (*value == '\0') {
        return true;
    }
    len += (size_t)snprintf(link + len, SS_INVITATION_LINK - len, "%c%s=", strchr(link, '?') != NULL ? '&' : '?', key);
    for (; *value != '\0' && len + 4 < SS_INVITATION_LINK; value++) {
        const unsigned char c = (unsigned char)*value;
        len += (size_t)snprintf(link + len, 4, isalnum(c) || strchr("-_.~", c) != NULL ? "%c" : "%%%02X", c);
    }
    return *value == '\0';
}

bool ss_invitation_format(const struct ss_invitation *invitation, char link[SS_INVITATION_LINK]) {
    char ca[SS_INVITATION_CA] = "";
    const char *host = strstr(invitation->broker, "://");
    if (host == NULL || (*invitation->ca != '\0' && !ca_to_text(invitation->ca, ca))) {
        return false;
    }
    snprintf(link, SS_INVITATION_LINK, SCHEME "%s/%s", host + 3, invitation->scene);
    return add(link, "user", invitation->user) && add(link, "password", invitation->password) && add(link, "store", invitation->store) &&
           add(link, "tls", strncmp(invitation->broker, "mqtts:", 6) == 0 ? "" : "no") && add(link, "ca", ca);
}

static int digit(char c) {
    return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : -1;
}

// Copies up to `len` bytes with %XX resolved. Control characters have no place in an address, a name or a line of a file.
static bool unescape(const char *from, size_t len, char *to, size_t size) {
    for (size_t i = 0; i < len; i++) {
        const bool escaped = from[i] == '%' && i + 2 < len && digit(from[i + 1]) >= 0 && digit(from[i + 2]) >= 0;
        const int c = escaped ? digit(from[i + 1]) * 16 + digit(from[i + 2]) : (unsigned char)from[i];
        i += escaped ? 2 : 0;
        if (size < 2 || c < ' ' || c == 127) {
            return false;
        }
        *to++ = (char)c;
        size--;
    }
    *to = '\0';
    return true;
}

static bool is_key(const char *pair, const char *key) { return strncmp(pair, key, strlen(key)) == 0 && pair[strlen(key)] == '='; }

static const char *take_pair(const char *pair, size_t len, struct ss_invitation *invitation, bool *tls) {
    struct ss_known {
        const char *key;
        char *to;
    };
    const struct ss_known known[] = {{"user", invitation->user}, {"password", invitation->password}, {"store", invitation->store}};
    char text[SS_INVITATION_CA];
    const char *equal = memchr(pair, '=', len);
    const size_t value = equal != NULL ? (size_t)(equal - pair) + 1 : len;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (is_key(pair, known[i].key) && *known[i].to != '\0') {
            return TWICE;
        }
        if (is_key(pair, known[i].key) && !unescape(pair + value, len - value, known[i].to, SS_INVITATION_FIELD)) {
            return "a part of it is too long or not text";
        }
    }
    if (is_key(pair, "tls")) {
        *tls = len - value != 2 || strncmp(pair + value, "no", 2) != 0;
    }
    if (is_key(pair, "ca") && *invitation->ca != '\0') {
        return TWICE;
    }
    if (is_key(pair, "ca") && (!unescape(pair + value, len - value, text, sizeof(text) - 4) || !ca_from_text(text, invitation->ca))) {
        return "its certificate is damaged; was it copied whole?";
    }
    return NULL;
}

static const char *check(const struct ss_invitation *invitation) {
    if (*invitation->scene != '\0' && !ss_is_scene(ss_slice_text(invitation->scene))) {
        return "it names no scene";
    }
    if (!ss_is_user(ss_slice_text(invitation->user))) {
        return "it names no user";
    }
    const char *store = invitation->store + (strncmp(invitation->store, "s3+", 3) == 0 ? 3 : 0);
    if (*store != '\0' && strncmp(store, "https://", 8) != 0 && strncmp(store, "http://", 7) != 0) {
        return "its store is not an http or https address";
    }
    return NULL;
}

const char *ss_invitation_parse(const char *link, struct ss_invitation *invitation) {
    *invitation = (struct ss_invitation){0};
    link += strspn(link, " \t\r\n");
    const size_t len = strcspn(link, " \t\r\n");
    if (strncmp(link, SCHEME, strlen(SCHEME)) != 0 || len >= SS_INVITATION_LINK) {
        return "an invitation begins with " SCHEME;
    }
    const char *host = link + strlen(SCHEME), *end = link + len;
    const char *slash = memchr(host, '/', (size_t)(end - host));
    const char *query = memchr(host, '?', (size_t)(end - host));
    char authority[SS_INVITATION_FIELD - 8];
    if (slash == NULL || query == NULL || slash > query || slash == host ||
        !unescape(host, (size_t)(slash - host), authority, sizeof(authority)) || authority[strspn(authority, HOST)] != '\0' ||
        !unescape(slash + 1, (size_t)(query - slash - 1), invitation->scene, SS_INVITATION_FIELD)) {
        return "it is not whole: scenesync://host:port/scene?…";
    }
    bool tls = true;
    const char *wrong = NULL;
    for (const char *pair = query + 1; pair < end && wrong == NULL;) {
        const char *next = memchr(pair, '&', (size_t)(end - pair));
        wrong = take_pair(pair, (size_t)((next != NULL ? next : end) - pair), invitation, &tls);
        pair = next != NULL ? next + 1 : end;
    }
    snprintf(invitation->broker, sizeof(invitation->broker), "mqtt%s://%s", tls ? "s" : "", authority);
    return wrong != NULL ? wrong : check(invitation);
}
