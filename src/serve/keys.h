/* serve/keys.h — the key pairs that the service knows. Secrets stay in here.
 * Threads: thread-safe once filled. May use: base. */
#ifndef FST_SERVE_KEYS_H
#define FST_SERVE_KEYS_H

#include "fhirstage/status.h"
#include "fhirstage/view.h"

struct fst_key {
    char *id, *secret;
};

struct fst_keys { /* valid when {0} */
    struct fst_key *items;
    size_t          count;
};

FST_MUST_USE enum fst_status fst_keys_add(struct fst_keys *keys, struct fst_view id, struct fst_view secret, struct fst_error *err);
/* Every pair in a file of the shared credentials' format; FST_ECONFIG when it has none. */
FST_MUST_USE enum fst_status fst_keys_load(struct fst_keys *keys, const char *path, struct fst_error *err);
/* NULL when the id is not known. */
const char *fst_keys_secret(const struct fst_keys *keys, struct fst_view id);
void        fst_keys_clear(struct fst_keys *keys);

#endif
