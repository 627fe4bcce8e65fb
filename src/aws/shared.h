/* aws/shared.h — what the clients of one configuration share: tokens for retries, by how much the service's clock is ahead, and
 * a bucket that was found to be in another region: what one of them learns, the others need not.
 * Threads: one is used by many. May use: base. */
#ifndef FST_AWS_SHARED_H
#define FST_AWS_SHARED_H

#include <stdbool.h>
#include <stdint.h>

#include "fhirstage/status.h"

struct fst_aws_shared;

FST_MUST_USE enum fst_status fst_aws_shared_new(struct fst_aws_shared **out, unsigned max_attempts, struct fst_error *err);
void fst_aws_shared_free(struct fst_aws_shared *s);

/* A client comes, and goes. */
void fst_aws_shared_join(struct fst_aws_shared *s);
void fst_aws_shared_leave(struct fst_aws_shared *s);

/* What a further try costs. A pool of 500 as in the AWS SDKs' standard mode, and for each client beyond the first what one
 * request's tries cost: a service that is away for some seconds is waited for by all, one that stays away by nobody. */
enum { FST_RETRY_COST = 14, FST_RETRY_COST_THROTTLED = 5 };
FST_MUST_USE bool fst_aws_shared_pay(struct fst_aws_shared *s, int cost); /* false: there are not so many left */
/* A request succeeded: what its last retry cost comes back, or, where it had none, one. */
void fst_aws_shared_earn(struct fst_aws_shared *s, int spent);

int64_t fst_aws_shared_skew_ms(struct fst_aws_shared *s); /* the service's clock less ours */
void    fst_aws_shared_set_skew_ms(struct fst_aws_shared *s, int64_t ms);

enum { FST_BUCKET_NAME = 64, FST_REGION_NAME = 64 };
struct fst_bucket_region { /* a bucket, and where it is; empty: none is known to be elsewhere */
    char bucket[FST_BUCKET_NAME], region[FST_REGION_NAME];
};
void fst_aws_shared_region(struct fst_aws_shared *s, struct fst_bucket_region *out);
void fst_aws_shared_set_region(struct fst_aws_shared *s, const struct fst_bucket_region *r);

#endif
