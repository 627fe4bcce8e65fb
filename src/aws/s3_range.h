/* aws/s3_range.h — a part of an object, as long as the object is the one that was seen before.
 * Threads: as the client's. May use: net, sign. */
#ifndef FST_AWS_S3_RANGE_H
#define FST_AWS_S3_RANGE_H

#include "aws/client.h"

/* `n` bytes from `offset` on into a->resp.body; an object that does not reach that far is FST_EINPUT. `etag`: without quotes; empty: any. FST_EINPUT when the object has changed
 * or gone since, or the answer is not the part that was asked for. */
FST_MUST_USE enum fst_status fst_s3_get_range(struct fst_aws *a, struct fst_view bucket, struct fst_view key, const char *etag,
                                              uint64_t offset, size_t n, struct fst_error *err);

#endif
