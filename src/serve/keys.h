/* serve/keys.h — the key pairs that the service knows. Secrets stay in here.
 * Threads: thread-safe once filled. May use: base. */
#ifndef FST_SERVE_KEYS_H
#define FST_SERVE_KEYS_H

#include "fhirstage/status.h"
#include "fhirstage/view.h"

#define FST_KEYS_ACCOUNT "000000000000" /* whose a key is, unless the file says another */

struct fst_key {
    char *id, *secret;
    char *account; /* keys of one account share what they make */
    char *name;    /* of the account: the profile's */
};

struct fst_keys { /* valid when {0} */
    struct fst_key *items;
    size_t          count;
};

/* An empty account is FST_KEYS_ACCOUNT. */
FST_MUST_USE enum fst_status fst_keys_add(struct fst_keys *keys, const struct fst_key *key, struct fst_error *err);
/* Every pair in a file of the shared credentials' format, which may name its account with aws_account_id; FST_ECONFIG
 * when it has none. */
FST_MUST_USE enum fst_status fst_keys_load(struct fst_keys *keys, const char *path, struct fst_error *err);
/* NULL when the id is not known. */
const struct fst_key *fst_keys_find(const struct fst_keys *keys, struct fst_view id);
/* The name of the account's first key; the account itself when it has none. */
const char *fst_keys_account_name(const struct fst_keys *keys, struct fst_view account);
void        fst_keys_clear(struct fst_keys *keys);

#endif
