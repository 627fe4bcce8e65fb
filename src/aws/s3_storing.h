/* aws/s3_storing.h — fhirstage/storing.h as headers of a request, made once for all objects.
 * Source: Amazon S3 API Reference, "PutObject". Threads: read-only once built. May use: base, json, sign. */
#ifndef FST_AWS_S3_STORING_H
#define FST_AWS_S3_STORING_H

#include "base/arena.h"
#include "fhirstage/status.h"
#include "fhirstage/storing.h"

enum { FST_S3_STORING_MAX = 24 };

/* Valid when {0}: as the bucket has it. Strings are the arena's. */
struct fst_s3_storing {
    const char *headers[FST_S3_STORING_MAX];
    size_t      count;
};
/* FST_EUSAGE, with the option's name, for what S3 would not take. */
FST_MUST_USE enum fst_status fst_s3_storing_build(struct fst_s3_storing *out, const struct fst_storing *in, struct fst_arena *strings,
                                                  struct fst_error *err);

#endif
