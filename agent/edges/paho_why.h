// SPDX-License-Identifier: Apache-2.0
// Why a connection of Paho's failed: Paho says of most causes only "TCP/TLS connect failure", or nothing.
#ifndef SS_EDGES_PAHO_WHY_H
#define SS_EDGES_PAHO_WHY_H

// ss_paho_why_failed says it in Paho's callback for that, which got `message`: that where nothing better is known, which may be NULL. It lives until
// the next call by the same thread.
const char *ss_paho_why_failed(const char *message);

#endif
