// SPDX-License-Identifier: Apache-2.0
// What failed last in each thread of Paho's, whose calls are wrapped for that (as paho_socket.c has it): the one that learns of it is the one that
// says that the connection has failed. Paho's own ssl_error_cb is told neither why a certificate is not trusted nor that it is for another host.
#include "edges/paho_why.h"

#include "edges/tls_why.h"

#include <errno.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static _Thread_local char ss_paho_problem[256];

int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **found);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int __wrap_SSL_CTX_load_verify_locations(SSL_CTX *context, const char *file, const char *folder);
int __wrap_SSL_connect(SSL *ssl);
int __wrap_X509_check_ip_asc(X509 *certificate, const char *host, unsigned flags);

int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    const int error = getaddrinfo(host, service, hints, found);
    ss_paho_problem[0] = '\0';
    if (error != 0) {
        snprintf(ss_paho_problem, sizeof(ss_paho_problem), "the host is not found: %s; is the address right?", gai_strerror(error));
    }
    return error;
}

// Paho asks how its connecting went, and for nothing else.
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len) {
    const int result = getsockopt(fd, level, name, value, len);
    const int error = result == 0 && level == SOL_SOCKET && name == SO_ERROR ? *(const int *)value : 0;
    if (error != 0) {
        snprintf(ss_paho_problem, sizeof(ss_paho_problem), "%s; is the address right, and does the broker run?", strerror(error));
    }
    return result;
}

int __wrap_SSL_CTX_load_verify_locations(SSL_CTX *context, const char *file, const char *folder) {
    const int result = SSL_CTX_load_verify_locations(context, file, folder);
    if (result != 1) {
        snprintf(ss_paho_problem, sizeof(ss_paho_problem), "ca_file cannot be read as certificates: %.200s", file != NULL ? file : "");
    }
    return result;
}

int __wrap_SSL_connect(SSL *ssl) {
    const int result = SSL_connect(ssl);
    const int error = errno;
    const int kind = SSL_get_error(ssl, result);
    if (result != 1 && kind != SSL_ERROR_WANT_READ && kind != SSL_ERROR_WANT_WRITE) {
        ss_tls_why_not_connected(ssl, ss_paho_problem, sizeof(ss_paho_problem));
    }
    errno = error;
    return result;
}

// Its last look whether a certificate is for the host.
int __wrap_X509_check_ip_asc(X509 *certificate, const char *host, unsigned flags) {
    const int result = X509_check_ip_asc(certificate, host, flags);
    if (result != 1) {
        ss_tls_why_elsewhere(certificate, host, ss_paho_problem, sizeof(ss_paho_problem));
    }
    return result;
}

const char *ss_paho_why_failed(const char *message) {
    static _Thread_local char why[sizeof(ss_paho_problem)];
    memcpy(why, ss_paho_problem, sizeof(why));
    ss_paho_problem[0] = '\0';
    return why[0] != '\0' && (message == NULL || strcmp(message, "TCP/TLS connect failure") == 0) ? why : message;
}
