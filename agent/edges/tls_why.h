// SPDX-License-Identifier: Apache-2.0
// Why TLS failed, in words for the person concerned, and what to do.
#ifndef SS_EDGES_TLS_WHY_H
#define SS_EDGES_TLS_WHY_H

#include <openssl/ssl.h>
#include <stddef.h>

// ss_tls_why_untrusted: of a certificate with that result of its verification, an X509_V_ERR_….
void ss_tls_why_untrusted(long result, char *why, size_t size);

// ss_tls_why_elsewhere: of a certificate that is not for `host`.
void ss_tls_why_elsewhere(const X509 *certificate, const char *host, char *why, size_t size);

// ss_tls_why_not_connected: of a handshake that failed.
void ss_tls_why_not_connected(const SSL *ssl, char *why, size_t size);

#endif
