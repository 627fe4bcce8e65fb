/* aws/query.h — a call to a service of the Query protocol (STS, IAM): parameters as a form, XML back.
 * Threads: as the client's. May use: net, sign. */
#ifndef FST_AWS_QUERY_H
#define FST_AWS_QUERY_H

#include "aws/client.h"

struct fst_query_param {
    const char     *name;
    struct fst_view value; /* an empty one is left out */
};
/* The answer is in a->resp.body. `anonymous`: without a signature. */
FST_MUST_USE enum fst_status fst_query_call(struct fst_aws *a, enum fst_service service, const char *operation, const char *version,
                                            const struct fst_query_param *params, size_t count, bool anonymous, struct fst_error *err);

/* A policy document as IAM writes it: percent-encoded. */
void fst_query_add_document(struct fst_buf *out, struct fst_view encoded);

#endif
