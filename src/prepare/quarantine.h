/* prepare/quarantine.h — one segment's rejected values, byte for byte, and what is wrong with them.
 *
 *   quarantine/rejected-000001.json           the values, one after another, a newline behind each
 *   quarantine/rejected-000001.issues.ndjson  a line each: where it was, where it is, the issues
 *
 * Threads: one per thread. May use: fhir, json. */
#ifndef FST_PREPARE_QUARANTINE_H
#define FST_PREPARE_QUARANTINE_H

#include "fhirstage/issue.h"
#include "prepare/part.h"
#include "prepare/value.h"

struct fst_quarantine {
    const char     *dir; /* NULL: count only */
    uint32_t        segment;
    bool            begun;
    struct fst_part values, list;
    struct fst_buf  issues; /* of the value at hand, as JSON */
    unsigned        issue_count;
    uint64_t        bytes;         /* of the value rejected last, so far */
    bool            line_open;     /* its line in the list waits for that figure */
};

void fst_quarantine_init(struct fst_quarantine *q, const char *dir);
void fst_quarantine_clear(struct fst_quarantine *q);
void fst_quarantine_begin(struct fst_quarantine *q, uint32_t segment);
/* A new value is looked at: forget the issues of the last. */
void fst_quarantine_reset(struct fst_quarantine *q);
/* Note an issue of the value at hand. */
void fst_quarantine_issue(struct fst_quarantine *q, const struct fst_issue *issue);
/* Reject the value at hand: its `bytes`, with the issues noted. */
FST_MUST_USE enum fst_status fst_quarantine_add(struct fst_quarantine *q, const struct fst_value *v, struct fst_view bytes,
                                                struct fst_view type, struct fst_error *err);
/* More bytes of the value rejected last. */
FST_MUST_USE enum fst_status fst_quarantine_more(struct fst_quarantine *q, struct fst_view bytes, struct fst_error *err);
FST_MUST_USE enum fst_status fst_quarantine_end(struct fst_quarantine *q, struct fst_error *err);

#endif
