// SPDX-License-Identifier: Apache-2.0
#include "edges/env.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static const size_t FIRST_MAP = (size_t)64 << 20;

// Reading a mapped page that the file no longer has would kill the agent. As an empty page it is an error, of that scene alone.
static int make_whole(MDB_env *env) {
    MDB_envinfo info;
    MDB_stat pages;
    struct stat file;
    int fd, error = mdb_env_get_fd(env, &fd);
    if (error != 0 || (error = mdb_env_info(env, &info)) != 0 || (error = mdb_env_stat(env, &pages)) != 0) {
        return error;
    }
    const off_t size = (off_t)(info.me_last_pgno + 1) * (off_t)pages.ms_psize;
    return fstat(fd, &file) != 0 || (file.st_size < size && ftruncate(fd, size) != 0) ? errno : 0;
}

int ss_env_open(MDB_env **env, const char *folder) {
    *env = NULL;
    int error = mdb_env_create(env);
    if (error != 0) {
        return error;
    }
    mdb_env_set_maxdbs(*env, SS_STORE_SCENES);
    error = mdb_env_set_mapsize(*env, FIRST_MAP); // LMDB takes the file's size when that is larger
    error = error != 0 ? error : mdb_env_open(*env, folder, MDB_NOTLS | MDB_NORDAHEAD, 0600);
    return error != 0 ? error : make_whole(*env);
}
