/* aws/profile.h — the shared config and credentials files: sections of keys.
 * Threads: thread-safe. May use: base. */
#ifndef FST_AWS_PROFILE_H
#define FST_AWS_PROFILE_H

#include "base/arena.h"
#include "fhirstage/status.h"

struct fst_profile_key {
    const char *section; /* "default", "profile staging", "services local" */
    const char *group;   /* of an indented key, the key that it is under; else NULL */
    const char *key, *value;
};

/* One file's keys, in order; of a key that repeats the last counts. Strings are the arena's. Valid when {0}. */
struct fst_profile_file {
    struct fst_profile_key *keys;
    size_t                  count, cap;
};

/* A file that is not there has no keys. FST_ECONFIG: file:line when malformed. */
FST_MUST_USE enum fst_status fst_profile_read(struct fst_profile_file *f, const char *path, struct fst_arena *strings,
                                              struct fst_error *err);
void fst_profile_clear(struct fst_profile_file *f);
/* NULL when absent. */
const char *fst_profile_get(const struct fst_profile_file *f, const char *section, const char *group, const char *key);
bool        fst_profile_has(const struct fst_profile_file *f, const char *section);

#endif
