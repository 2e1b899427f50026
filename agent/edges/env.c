// SPDX-License-Identifier: Apache-2.0
#include "edges/env.h"

#include "edges/log.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static const size_t FIRST_MAP = (size_t)64 << 20;

size_t ss_env_bytes(MDB_env *env) {
    MDB_envinfo info;
    MDB_stat pages;
    return mdb_env_info(env, &info) == 0 && mdb_env_stat(env, &pages) == 0 ? (info.me_last_pgno + 1) * pages.ms_psize : 0;
}

bool ss_env_grow(MDB_env *env, int error) {
    MDB_envinfo info;
    return error == MDB_MAP_FULL && mdb_env_info(env, &info) == 0 && mdb_env_set_mapsize(env, info.me_mapsize * 2) == 0;
}

// Reading a mapped page that the file no longer has would kill the agent. As an empty page it is an error, of that scene alone.
static int make_whole(MDB_env *env, const char *folder) {
    struct stat file;
    int fd, error = mdb_env_get_fd(env, &fd);
    if (error != 0) {
        return error;
    }
    const off_t size = (off_t)ss_env_bytes(env);
    if (fstat(fd, &file) != 0) {
        return errno;
    }
    if (file.st_size >= size) {
        return 0;
    }
    ss_log(
        "%s/data.mdb was cut off: %lld of %lld bytes are left; scenes of which something is missing are not opened, and `scenesync doctor` says which",
        folder, (long long)file.st_size, (long long)size);
    return ftruncate(fd, size) != 0 ? errno : 0;
}

int ss_env_open(MDB_env **env, const char *folder, unsigned flags) {
    *env = NULL;
    int error = mdb_env_create(env);
    if (error != 0) {
        return error;
    }
    mdb_env_set_maxdbs(*env, SS_STORE_SCENES);
    error = mdb_env_set_mapsize(*env, FIRST_MAP); // LMDB takes the file's size when that is larger
    error = error != 0 ? error : mdb_env_open(*env, folder, MDB_NOTLS | MDB_NORDAHEAD | flags, 0600);
    if (error == 0 && (flags & MDB_RDONLY) == 0) {
        mdb_reader_check(*env, NULL); // whoever was killed while reading keeps nothing
        error = make_whole(*env, folder);
    }
    return error;
}

const char *ss_env_advice(int error) {
    switch (error) {
    case EACCES:
    case EPERM:
    case EROFS: return "let this user read and write there, or give another directory with --data";
    case ENOSPC:
    case EDQUOT: return "make room on that disk";
    case ENOMEM: return "more memory is needed, or `ulimit -v` allows less than the scenes take";
    case MDB_VERSION_MISMATCH: return "a newer LMDB wrote data.mdb: use the scenesync that wrote it, or another directory with --data";
    case MDB_INVALID:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_PANIC:
        return "data.mdb is no database, or damaged: put a backup in its place; or move the folder `replica` away, start again, and others give "
               "back what they have";
    default: return "see the system's log";
    }
}
