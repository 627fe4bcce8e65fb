/* serve/api.h — what the operations of HealthLake's API share. Threads: thread-safe. May use: all that serve may. */
#ifndef FST_SERVE_API_H
#define FST_SERVE_API_H

#include "healthlake/model.h"
#include "json/writer.h"
#include "serve/service.h"

struct fst_api_request {
    struct fst_exchange              *x;
    const struct fst_model_operation *op;
    struct fst_view                   region;
    struct fst_tape                   tape; /* the body, checked */
    struct fst_json_writer            out;  /* the answer */
    struct fst_buf                    scratch;
};

typedef void fst_api_operation_fn(struct fst_serve *s, struct fst_api_request *r);
fst_api_operation_fn fst_api_create_datastore, fst_api_describe_datastore, fst_api_list_datastores, fst_api_update_datastore,
    fst_api_delete_datastore, fst_api_restore_datastore, fst_api_start_import, fst_api_describe_import, fst_api_list_imports,
    fst_api_start_export, fst_api_describe_export, fst_api_list_exports, fst_api_tag, fst_api_untag, fst_api_list_tags;

/* The status comes from the model. */
void fst_api_refuse(struct fst_api_request *r, const char *code, const char *message);
void fst_api_failed(struct fst_api_request *r, const struct fst_error *err);
/* A member of the request; empty when absent. Borrowed until the next call. */
struct fst_view fst_api_string(struct fst_api_request *r, const char *name);
/* Is it there, and not null? */
bool fst_api_has(const struct fst_tape *t, uint32_t object, const char *name);
/* A time in the request, or `otherwise`. */
int64_t fst_api_time_member(const struct fst_tape *t, uint32_t object, const char *name, int64_t otherwise);
/* Write the member as it stands in `t`, if it is there. */
void fst_api_copy_member(struct fst_json_writer *w, const struct fst_tape *t, uint32_t object, const char *name);
void fst_api_time(struct fst_json_writer *w, const char *name, int64_t ms);

/* The row of a data store by its id; 0 when there is none. */
FST_MUST_USE enum fst_status fst_api_datastore_number(struct fst_serve *s, struct fst_view id, int64_t *number, struct fst_error *err);
/* May jobs run in it, and resources be read? Else the error's code and message; empty when the database failed. */
bool fst_api_store_is_usable(struct fst_serve *s, struct fst_view id, const char **code, const char **why, struct fst_error *err);

/* Keep the request's Tags, within a transaction. */
FST_MUST_USE enum fst_status fst_api_add_tags(struct fst_serve *s, struct fst_api_request *r, const char *id, struct fst_error *err);

/* ---- requests that are named by a ClientToken */

struct fst_api_same {
    bool           found;   /* the token was used before */
    bool           is_same; /* … with this request */
    struct fst_buf id, status;
};
void fst_api_same_init(struct fst_api_same *same);
void fst_api_same_clear(struct fst_api_same *same);
/* For fst_db_run() on rows of id, status, request; ctx: struct fst_api_same_search. */
struct fst_api_same_search {
    struct fst_api_same *same;
    const struct fst_tape *request;
};
enum fst_status fst_api_take_same(void *ctx, const struct fst_row *row, struct fst_error *err);

/* ---- lists */

/* How the request pages. False: refused. */
struct fst_api_paging {
    uint64_t max;   /* items in a page */
    int64_t  below; /* their numbers, which go down, are all below this one */
    uint64_t count;
    int64_t  last;  /* the last one's number */
    bool     more;
};
bool fst_api_paging_read(struct fst_api_paging *p, struct fst_api_request *r);
bool fst_api_paging_take(struct fst_api_paging *p, int64_t number); /* false: the page is full */
void fst_api_paging_end(const struct fst_api_paging *p, struct fst_api_request *r);

#endif
