/* fhirstage/model.h — HealthLake's API as data: operations, the shapes of what goes in and comes out, constraints,
 * errors, waiters. Everything is constant; pointers live as long as the program.
 * Threads: thread-safe. */
#ifndef FHIRSTAGE_MODEL_H
#define FHIRSTAGE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fhirstage/view.h"

enum fst_model_kind {
    FST_MODEL_STRING,
    FST_MODEL_ENUM,      /* a string out of `values` */
    FST_MODEL_INTEGER,   /* 32 bits */
    FST_MODEL_LONG,      /* 64 bits */
    FST_MODEL_DOUBLE,
    FST_MODEL_BOOLEAN,
    FST_MODEL_TIMESTAMP, /* on the wire: seconds since 1970, with a fraction */
    FST_MODEL_LIST,
    FST_MODEL_MAP,
    FST_MODEL_STRUCTURE
};

enum fst_model_flags {
    FST_MODEL_SENSITIVE = 1 << 0,   /* shape: never show its value */
    FST_MODEL_UNION = 1 << 1,       /* structure: exactly one member is given */
    FST_MODEL_EXCEPTION = 1 << 2,   /* structure: an error's body */
    FST_MODEL_EVENT = 1 << 3,       /* structure: a part of an event stream */
    FST_MODEL_EVENTSTREAM = 1 << 4, /* structure: answered as a stream of events */
    FST_MODEL_REQUIRED = 1 << 5,    /* member */
    FST_MODEL_TOKEN = 1 << 6,       /* member: names the request, so that a repeat does nothing; made up when not given */
    FST_MODEL_TRANSFORM = 1 << 7,   /* operation: of data transformation, on a host of its own */
    FST_MODEL_IDEMPOTENT = 1 << 8,  /* operation */
    FST_MODEL_READONLY = 1 << 9     /* operation */
};

#define FST_MODEL_NO_MIN INT64_MIN
#define FST_MODEL_NO_MAX INT64_MAX

struct fst_model_member;

struct fst_model_shape {
    const char                    *name;
    enum fst_model_kind            kind;
    unsigned                       flags;
    int64_t                        min, max; /* of a string's characters, a number's value, a list's or map's items */
    const char                    *pattern;  /* of the whole string (see healthlake/pattern.h); NULL: any */
    const char *const             *values;   /* of an enum, NULL-terminated */
    const struct fst_model_shape  *key, *element; /* of a map; of a list and a map */
    const struct fst_model_member *members;  /* of a structure */
    size_t                         member_count;
};

struct fst_model_member {
    const char                   *name;
    const struct fst_model_shape *shape;
    unsigned                      flags;
    const char                   *doc; /* one line, lower case, no full stop */
};

struct fst_model_error {
    const char *code;   /* "ThrottlingException" */
    int         status; /* HTTP */
    bool        common; /* of AWS in general; not listed for any operation */
    const char *doc;
};

struct fst_model_operation {
    const char                   *name;
    const struct fst_model_shape *input, *output;
    unsigned                      flags;
    uint32_t                      errors; /* bit i: fst_model_errors[i] is listed for it */
    const char                   *doc;
};

enum fst_wait_state { FST_WAIT_SUCCESS, FST_WAIT_FAILURE };

struct fst_model_acceptor {
    enum fst_wait_state state;
    bool                is_error; /* `expected` is an error's code, else the value at the waiter's path */
    const char         *expected;
};

struct fst_model_waiter {
    const char                       *name;
    const struct fst_model_operation *operation;
    const char                       *path; /* "ImportJobProperties.JobStatus" */
    unsigned                          delay_s, max_attempts;
    const struct fst_model_acceptor  *acceptors;
    size_t                            acceptor_count;
};

extern const struct fst_model_operation fst_model_operations[]; /* sorted by name */
extern const size_t                     fst_model_operation_count;
extern const struct fst_model_shape     fst_model_shapes[];
extern const size_t                     fst_model_shape_count;
extern const struct fst_model_error     fst_model_errors[];
extern const size_t                     fst_model_error_count;
extern const struct fst_model_waiter    fst_model_waiters[];
extern const size_t                     fst_model_waiter_count;

/* NULL when there is none of that name. Names are exact. */
const struct fst_model_operation *fst_model_operation(struct fst_view name);
const struct fst_model_shape     *fst_model_shape(const char *name);
const struct fst_model_error     *fst_model_error(struct fst_view code);
const struct fst_model_waiter    *fst_model_waiter(const char *name);
/* NULL too when `structure` is NULL or no structure. */
const struct fst_model_member *fst_model_member(const struct fst_model_shape *structure, struct fst_view name);
/* "ImportJobProperties.JobProgressReport.Throughput": through structures alone. */
const struct fst_model_member *fst_model_member_at(const struct fst_model_shape *structure, const char *path);

bool fst_model_operation_has_error(const struct fst_model_operation *op, const char *code);
/* The member that holds a page's items, of an operation that answers in pages (NextToken in and out); else NULL. */
const struct fst_model_member *fst_model_page_items(const struct fst_model_operation *op);
/* The member that names the request (ClientToken); NULL: none. */
const struct fst_model_member *fst_model_token(const struct fst_model_operation *op);

#endif
