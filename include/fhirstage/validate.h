/* fhirstage/validate.h — judge FHIR input where it lies: every line and every Bundle's entry, in input order.
 * Memory: some batches of input a thread. Threads: one call uses `jobs` threads of its own; calls do not share state. */
#ifndef FHIRSTAGE_VALIDATE_H
#define FHIRSTAGE_VALIDATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fhirstage/env.h"
#include "fhirstage/issue.h"
#include "fhirstage/meter.h"
#include "fhirstage/status.h"
#include "fhirstage/store.h"

/* HealthLake's ValidationLevel. */
enum fst_level {
    FST_LEVEL_STRICT,         /* all of it */
    FST_LEVEL_STRUCTURE_ONLY, /* no bindings, invariants, reference targets or profiles */
    FST_LEVEL_MINIMAL         /* a known resourceType and a proper id, JSON shapes and primitives as they must be to be stored */
};
enum fst_unknown_profile { FST_UNKNOWN_PROFILE_WARN, FST_UNKNOWN_PROFILE_STRIP, FST_UNKNOWN_PROFILE_REJECT };
enum fst_parser { FST_PARSER_FAST, FST_PARSER_YAJL };

struct fst_profiles; /* see fhirstage/profiles.h */

/* A notice for people about something that is no failure: an unresolved reference, a file without FHIR. */
typedef void fst_notice_fn(void *ctx, const char *where, const char *what);

struct fst_validate_inputs_opts {
    const char *const *inputs; /* FILE, folder, "-", or what `store` claims */
    size_t             input_count;
    const struct fst_store *store; /* fhirstage/store.h; NULL: files alone */

    enum fst_level  level;
    enum fst_parser parser;
    bool            staged;         /* as the import judges a line: id required, one resource a line */
    bool            syntax_only;    /* JSON alone: any value a line, or one document */
    bool            include_values; /* messages may show values of resources */
    unsigned        max_issues;     /* a resource; 0: 100 */
    const struct fst_profiles *profiles; /* NULL: R4's own; must live as long as what the verdicts say is used */
    enum fst_unknown_profile unknown_profile; /* STRIP is for prepare: here it is WARN */

    uint64_t    max_resource_bytes; /* 0: 192 MiB */
    const char *tmp_dir;            /* NULL: TMPDIR or /tmp */
    unsigned    jobs;               /* 0: one per processor */

    struct fst_meter *meter;  /* may be NULL */
    fst_notice_fn    *notice; /* may be NULL */
    void             *notice_ctx;
};

/* What was found about one line or entry. Everything is borrowed and dies when the callback returns. */
struct fst_judged {
    const char *file;  /* as the user named it; "-" for standard input */
    uint64_t    line;  /* physical, from 1: where the value starts */
    int64_t     entry; /* index in its Bundle, or -1 */
    const char *type;  /* of R4; static; NULL: unknown, or not asked */
    bool        ok;    /* no issue is an error or fatal */
    const struct fst_issue *issues;
    size_t      issue_count;
    unsigned    unknown_profiles; /* entries of meta.profile that are not known */
};
/* Return not FST_OK to stop. */
typedef enum fst_status fst_judged_fn(void *ctx, const struct fst_judged *judged, struct fst_error *err);

struct fst_validate_inputs_result {
    uint64_t sources, sources_without_fhir, sources_unread;
    uint64_t values, invalid;
    uint64_t unknown_profiles; /* meta.profile entries that are not known */
    uint64_t input_bytes; /* as stored */
    double   seconds;
};

/* Hands every verdict to `fn`, in input order, from the calling thread. FST_OK; FST_EREJECTED when a value is not
 * valid; FST_EINPUT when a source could not be read (the rest was judged), or when there is nothing to judge. */
FST_MUST_USE enum fst_status fst_validate_inputs(const struct fst_validate_inputs_opts *opts, const struct fst_env *env,
                                                 fst_judged_fn *fn, void *ctx, struct fst_validate_inputs_result *result,
                                                 struct fst_error *err);

#endif
