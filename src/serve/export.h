/* serve/export.h — what an export over FHIR REST was asked for, kept with its job.
 * Threads: none share one. May use: json. */
#ifndef FST_SERVE_EXPORT_H
#define FST_SERVE_EXPORT_H

#include "json/tape.h"

/* Where the files of an export over REST without an OutputDataConfig are: no bucket can have that name. */
#define FST_EXPORT_BUCKET "$export"

enum fst_export_level { FST_EXPORT_SYSTEM, FST_EXPORT_PATIENT, FST_EXPORT_GROUP };

struct fst_export {
    enum fst_export_level level;
    struct fst_buf        group;   /* the Group's id */
    struct fst_buf        types;   /* separated by commas; empty: all */
    struct fst_buf        request; /* the URL that was asked for */
    int64_t               since_ms, until_ms; /* 0: any */
    bool                  fetched; /* the files are fetched over REST, not written to S3 */
};

void fst_export_init(struct fst_export *e);
void fst_export_clear(struct fst_export *e);
void fst_export_write(const struct fst_export *e, struct fst_buf *json);
/* False when it is not such a text. */
bool fst_export_read(struct fst_export *e, struct fst_view json);
bool fst_export_has_type(const struct fst_export *e, struct fst_view type);

#endif
