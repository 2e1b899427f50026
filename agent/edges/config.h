// SPDX-License-Identifier: Apache-2.0
// What the agent was told on its command line, by its environment and by its configuration file (daemon/config.c reads them).
#ifndef SS_EDGES_CONFIG_H
#define SS_EDGES_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#define SS_KEEP_BETWEEN ", \t" // the names in `keep`

struct ss_config {
    char *broker;      // mqtt, mqtts, ws or wss URL without user and password
    char *broker_user; // NULL: none
    char *broker_password;
    char *store; // http or https URL without user, password and final slash
    char *store_user;
    char *store_password;
    char *store_region; // of an S3 store
    char *store_sigv4;  // an S3 store's way to sign, as curl wants it; NULL: the store is no S3
    char *data;
    bool relaxed;            // durability: acknowledged before the disk has it, though not before the system has
    char *socket;            // path of the Unix socket or, when TCP is served, of the file that says where
    int tcp_port;            // of the local link; 0: any free one; -1: a Unix socket
    char *metrics;           // address at which Prometheus finds numbers; NULL: none
    char *name;              // what other people see; NULL: what the client says
    char *user;              // the topic level; the broker's user unless told otherwise
    char *prefix;            // of every topic
    char *ca_file;           // NULL: the system's
    bool tls_verify;         // false: take any certificate (for trying out)
    uint64_t cache_bytes;    // size at which the cache begins to forget
    uint64_t blob_bytes;     // the largest blob that is taken
    uint64_t snapshot_bytes; // what is larger, and half of the scene, a peer is told to fetch from the store
    unsigned checkpoint_s;   // how old a checkpoint may be that something is newer than, where the broker does not replay everything
    unsigned keep_alive_s;
    char *keep;             // names of scenes that are never left, or *; NULL: none
    unsigned leave_after_s; // how long without client before a scene is left
    unsigned linger_s;      // how long without client before an agent that owes nobody anything ends; 0: it never does
};

#endif
