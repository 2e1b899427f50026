// SPDX-License-Identifier: Apache-2.0
#include "edges/tls_why.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void ss_tls_why_untrusted(long result, char *why, size_t size) {
    const bool time = result == X509_V_ERR_CERT_HAS_EXPIRED || result == X509_V_ERR_CERT_NOT_YET_VALID;
    snprintf(why, size, "its certificate is not trusted (%s): %s", X509_verify_cert_error_string(result),
             time ? "is a clock wrong, or is it to be renewed?" : "ca_file is to name the certificate of the authority that signed it");
}

// A server can put anything into a name; nothing of that is for a terminal.
static void add(char *list, size_t size, const unsigned char *name, int len) {
    const size_t at = strlen(list);
    snprintf(list + at, size - at, "%s%.*s", at > 0 ? ", " : "", len, (const char *)name);
    for (char *c = list + at; *c != '\0'; c++) {
        *c = *c >= ' ' && *c <= '~' ? *c : '?';
    }
}

static void add_name(char *list, size_t size, const GENERAL_NAME *name) {
    int type;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);
    if (type == GEN_DNS) {
        add(list, size, ASN1_STRING_get0_data(value), ASN1_STRING_length(value));
    } else if (type == GEN_IPADD) {
        char text[INET6_ADDRSTRLEN] = "";
        inet_ntop(ASN1_STRING_length(value) == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(value), text, sizeof(text));
        add(list, size, (const unsigned char *)text, (int)strlen(text));
    }
}

void ss_tls_why_elsewhere(const X509 *certificate, const char *host, char *why, size_t size) {
    char list[96] = "";
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        add_name(list, sizeof(list), sk_GENERAL_NAME_value(names, i));
    }
    GENERAL_NAMES_free(names);
    snprintf(why, size,
             "its certificate is for %s, not for %s: use a host's name that it is for (tls_verify = no takes any, for trying out)",
             list[0] != '\0' ? list : "no host", host);
}

void ss_tls_why_not_connected(const SSL *ssl, char *why, size_t size) {
    const unsigned long error = ERR_peek_error();
    const int reason = ERR_GET_REASON(error);
    const char *text = error != 0 ? ERR_reason_error_string(error) : NULL;
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
        ss_tls_why_untrusted(SSL_get_verify_result(ssl), why, size);
    } else if (error == 0 || reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        snprintf(why, size, "it does not speak TLS here: is the port right, or is it mqtt:// and not mqtts://?");
    } else {
        snprintf(why, size, "TLS fails: %s", text != NULL ? text : "of an error without a name");
    }
}
