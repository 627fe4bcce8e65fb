/* fhirstage/api.h — call HealthLake by an operation's name, JSON in and JSON out: checked against the model before it
 * is sent, followed over pages, waited for. What a newer service answers beyond the model is handed on as it is.
 * Threads: one thread at a time per struct fst_api. */
#ifndef FHIRSTAGE_API_H
#define FHIRSTAGE_API_H

#include "fhirstage/env.h"
#include "fhirstage/meter.h"
#include "fhirstage/model.h"
#include "fhirstage/remote.h"
#include "fhirstage/status.h"

/* Why the service refused. */
struct fst_api_fault {
    int  http_status;
    char code[64];        /* "ThrottlingException" */
    char message[512];
    char request_id[64];
};

/* What came back. Valid when {0}. */
struct fst_api_answer {
    char  *json; /* NUL-terminated; NULL without an answer */
    size_t length;
    struct fst_api_fault fault; /* of FST_ESERVICE */
};
void fst_api_answer_clear(struct fst_api_answer *answer);

/* Carry `body` to the service and fill `answer`, whatever retries that takes. FST_ESERVICE: it answered with an error,
 * which is in answer->fault; err may be left for the caller to write. Anything else but FST_OK: err says why. */
typedef enum fst_status fst_api_send_fn(void *ctx, const struct fst_model_operation *op, struct fst_view body,
                                        struct fst_api_answer *answer, struct fst_error *err);

struct fst_api {
    fst_api_send_fn      *send;
    void                 *ctx;
    bool                  no_check; /* send what breaks the model's constraints too */
    const struct fst_env *env;      /* NULL: the real one */
    struct fst_meter     *meter;    /* its `stop` ends paging and waiting; may be NULL */
};

/* Over HTTPS to AWS, or to another endpoint: find region and credentials, set send and ctx. FST_ECONFIG. `env` and
 * `meter` as in the struct. */
FST_MUST_USE enum fst_status fst_api_open(struct fst_api *api, const struct fst_remote *remote, const struct fst_env *env,
                                          struct fst_meter *meter, struct fst_error *err);
void fst_api_close(struct fst_api *api); /* safe twice, and after a failed open */

/* Would the request be sent? FST_EUSAGE with everything that the model has against it, as fst_api_call() says it. */
FST_MUST_USE enum fst_status fst_api_check(const struct fst_model_operation *op, struct fst_view request, struct fst_error *err);

/* One call. `request` is a JSON object (empty: {}); times may be RFC 3339 texts; a ClientToken is made up.
 * FST_EUSAGE: the request is not JSON, or breaks a constraint (all of them are in err). FST_ESERVICE: refused. */
FST_MUST_USE enum fst_status fst_api_call(const struct fst_api *api, const struct fst_model_operation *op,
                                          struct fst_view request, struct fst_api_answer *answer, struct fst_error *err);

/* Every page of an operation that answers in pages (fst_model_page_items), as one answer. The request's MaxResults is
 * the size of a page, its NextToken where to begin. After `max_items` (0: all) it ends; NextToken then tells where. */
FST_MUST_USE enum fst_status fst_api_pages(const struct fst_api *api, const struct fst_model_operation *op,
                                           struct fst_view request, uint64_t max_items, struct fst_api_answer *answer,
                                           struct fst_error *err);

struct fst_api_wait {
    const struct fst_model_waiter *waiter;
    int64_t timeout_ms; /* 0: no limit */
    int64_t poll_ms;    /* longest pause between two looks; 0: 30 s. It begins with a fraction of a second, and doubles */
    void (*seen)(void *ctx, const char *state, struct fst_view answer); /* after each look; may be NULL */
    void   *ctx;
};

/* Look until the waiter's state is there. `answer` is the last look. FST_EJOB: it ended otherwise; FST_ETIMEOUT: it goes
 * on; FST_EINTR, FST_ETERM by meter->stop. Throttling and failures of the network are sat out, up to a point. */
FST_MUST_USE enum fst_status fst_api_wait(const struct fst_api *api, const struct fst_api_wait *wait, struct fst_view request,
                                          struct fst_api_answer *answer, struct fst_error *err);

#endif
