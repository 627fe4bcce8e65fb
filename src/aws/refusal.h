/* aws/refusal.h — what it means that a service said no: its code, what people can do, and whether another try is of use.
 * Source: AWS SDKs and Tools Reference Guide, "Retry behavior"; Amazon S3 API Reference, "Error responses".
 * Threads: as the client's. May use: net, json. */
#ifndef FST_AWS_REFUSAL_H
#define FST_AWS_REFUSAL_H

#include "aws/client.h"

enum fst_retry {
    FST_RETRY_NO,
    FST_RETRY_TRANSIENT,
    FST_RETRY_THROTTLE,
    FST_RETRY_CLOCK,       /* if the clocks differ */
    FST_RETRY_CREDENTIALS, /* if there are others */
    FST_RETRY_REGION       /* if it says which */
};

/* From the answer in a->resp: a->code, and in words `err`. Always FST_ESERVICE. */
enum fst_status fst_refusal_read(struct fst_aws *a, const struct fst_aws_request *r, struct fst_error *err);
/* Of the answer that was read last. */
enum fst_retry fst_refusal_retry(const struct fst_aws *a, const struct fst_aws_request *r);

/* Of the last answer; empty when it has none that is fit to be shown. */
struct fst_view fst_refusal_request_id(const struct fst_aws *a);

#endif
