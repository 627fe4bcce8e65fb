/* serve/api.h — what the operations of HealthLake's API share. Threads: thread-safe. May use: all that serve may. */
#ifndef FST_SERVE_API_H
#define FST_SERVE_API_H

#include "healthlake/model.h"
#include "json/writer.h"
#include "serve/service.h"

struct fst_api_request {
    struct fst_exchange   *x;
    struct fst_view        region;
    struct fst_tape        tape; /* the body, checked */
    struct fst_json_writer out;  /* the answer */
    struct fst_buf         scratch;
};

typedef void fst_api_operation_fn(struct fst_serve *s, struct fst_api_request *r);
fst_api_operation_fn fst_api_create_datastore, fst_api_describe_datastore, fst_api_list_datastores, fst_api_start_import,
    fst_api_describe_import, fst_api_list_imports;

/* The status comes from the model. */
void fst_api_refuse(struct fst_api_request *r, const char *code, const char *message);
void fst_api_failed(struct fst_api_request *r, const struct fst_error *err);
/* A member of the request; empty when absent. Borrowed until the next call. */
struct fst_view fst_api_string(struct fst_api_request *r, const char *name);
/* Write the member as it stands in `t`, if it is there. */
void fst_api_copy_member(struct fst_json_writer *w, const struct fst_tape *t, uint32_t object, const char *name);
void fst_api_time(struct fst_json_writer *w, const char *name, int64_t ms);

/* The row of a data store by its id; 0 when there is none. */
FST_MUST_USE enum fst_status fst_api_datastore_number(struct fst_serve *s, struct fst_view id, int64_t *number, struct fst_error *err);

#endif
