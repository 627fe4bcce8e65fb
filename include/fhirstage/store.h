/* fhirstage/store.h — a place besides the file system that INPUTs can lie in: S3. The layers that read input know this
 * face alone.
 * Threads: a store is shared by all threads, a stream belongs to one. */
#ifndef FHIRSTAGE_STORE_H
#define FHIRSTAGE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fhirstage/env.h"
#include "fhirstage/meter.h"
#include "fhirstage/remote.h"
#include "fhirstage/status.h"

/* One object. */
struct fst_store_object {
    const char *url; /* "s3://bucket/key" */
    const char *rel; /* relative to what was asked for, or its last name when that is the object itself */
    const char *tag; /* of what it holds: another one means that it was changed */
    uint64_t    bytes;
};
/* Borrowed. Return not FST_OK to stop. */
typedef enum fst_status fst_store_object_fn(void *ctx, const struct fst_store_object *o, struct fst_error *err);

struct fst_store {
    /* Does `input` name something in here? */
    bool (*claims)(const char *input);
    /* The object of that name, or all below it; FST_ENOENT when there is neither. */
    enum fst_status (*list)(void *ctx, const char *url, fst_store_object_fn *fn, void *fn_ctx, struct fst_error *err);
    /* The bytes from `offset` on, in order. FST_EINPUT when they cannot be had, or are others than when it was listed. */
    enum fst_status (*open)(void *ctx, const struct fst_store_object *o, uint64_t offset, void **stream, struct fst_error *err);
    /* That one will be opened soon, from its beginning: its first bytes may be fetched beforehand. False: no more of them now. */
    bool (*soon)(void *ctx, const struct fst_store_object *o);
    enum fst_status (*read)(void *stream, char *out, size_t cap, size_t *n, struct fst_error *err); /* *n 0: the end */
    void (*close)(void *stream);
    void  *ctx;
};

struct fst_s3_store_opts {
    struct fst_remote remote;
    const char       *skip;         /* s3://BUCKET/PREFIX that is left out of what is listed; NULL: none */
    uint64_t          memory_bytes; /* for what is read ahead; 0: 64 MiB */
    unsigned          streams;      /* that will be read from at a time; 0: one a processor */
    struct fst_meter *meter;        /* its `stop` ends waiting; may be NULL */
};

bool fst_s3_store_claims(const char *input); /* "s3://…" */
/* S3, read by ranges, several of them ahead of the reader. FST_ECONFIG without region or credentials. */
FST_MUST_USE enum fst_status fst_s3_store_open(struct fst_store **out, const struct fst_s3_store_opts *opts, const struct fst_env *env,
                                               struct fst_error *err);
void fst_s3_store_close(struct fst_store *store); /* when no stream is open; NULL is fine */

#endif
