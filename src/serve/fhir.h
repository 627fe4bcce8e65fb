/* serve/fhir.h — what the parts of the FHIR REST side share. Threads: thread-safe. May use: all that serve may. */
#ifndef FST_SERVE_FHIR_H
#define FST_SERVE_FHIR_H

#include "serve/service.h"

/* A request below a data store's endpoint. */
struct fst_fhir {
    struct fst_serve    *s;
    struct fst_exchange *x;
    int64_t              store;    /* its row */
    struct fst_view      store_id;
    struct fst_view      region;   /* of the request's signature */
    struct fst_view      rest;     /* the path behind "r4/", without a slash at its end */
    struct fst_view      query;    /* of the URL, or the form of a POST to _search */
    struct fst_buf       decoded;
    struct fst_buf       base;     /* the data store's endpoint, with a slash at its end */
};

/* Answer with an OperationOutcome; `code` is one of http://hl7.org/fhir/issue-type. */
void fst_fhir_refuse(struct fst_fhir *f, int status, const char *code, const char *fmt, ...) FST_PRINTF(4, 5);
void fst_fhir_failed(struct fst_fhir *f, const struct fst_error *err);
/* The answer is FHIR. */
void fst_fhir_begin(struct fst_fhir *f);

/* $export: of a type's level ("Patient"), of a Group; both empty: of all. */
void fst_fhir_start_export(struct fst_fhir *f, struct fst_view type, struct fst_view group);
/* What is behind "export/": a job's id, or a file of it. */
void fst_fhir_export(struct fst_fhir *f, struct fst_view rest);
void fst_fhir_search(struct fst_fhir *f, struct fst_view type);
void fst_fhir_capabilities(struct fst_fhir *f);

#endif
