/* cli/api-opts.h — the options of an API operation's command, made from the model: named as in the AWS CLI, with the
 * model's documentation lines; and from what they were given, the request.
 * Threads: lay the tables out before threads start. May use: json. */
#ifndef FST_CLI_API_OPTS_H
#define FST_CLI_API_OPTS_H

#include "base/buf.h"
#include "cli/cmd.h"
#include "fhirstage/model.h"
#include "fhirstage/remote.h"

enum { FST_API_OPTS_MAX = 40, FST_API_MEMBERS_MAX = 16 };

/* What a member's option fills. */
union fst_api_slot {
    const char        *text;
    uint64_t           number;
    bool               flag[2]; /* --x, --no-x */
    struct fst_strings list;
};

struct fst_api_args {
    struct fst_remote remote;
    bool        no_check, json;
    bool        no_paginate; /* of operations that answer in pages, as the next three */
    uint64_t    max_items, page_size;
    const char *starting_token;
    int64_t     timeout_ms, poll_ms; /* of a wait */
    bool        deleted;             /* of a wait for a data store */
    bool        list;                /* of `api` */
    union fst_api_slot members[FST_API_MEMBERS_MAX]; /* by the operation's members */
};

/* Fill `opts` for the operation. `own`: the command's own options, before those of all commands; NULL: none. */
void fst_api_opts(struct fst_opt opts[FST_API_OPTS_MAX], const char *operation, const struct fst_opt *own);
/* `own` and those of all commands alone. */
void fst_api_opts_common(struct fst_opt opts[FST_API_OPTS_MAX], const struct fst_opt *own);

/* "DatastoreId" → "datastore-id", "ResourceARN" → "resource-arn". */
void fst_api_option_name(struct fst_buf *out, const char *member);

/* Write the request. `operands` belong to the operation's one list (tags, tag keys). FST_EUSAGE in words. */
FST_MUST_USE enum fst_status fst_api_request(struct fst_buf *out, const struct fst_model_operation *op,
                                             const struct fst_api_args *args, const char *const *operands, size_t count,
                                             struct fst_error *err);

#endif
