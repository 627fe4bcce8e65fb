/* fhirstage/download.h — fetch what an export job wrote, checked against sizes and checksums.
 * Safe to repeat: a file that is there whole is not fetched again.
 * Threads: calls do not share state. */
#ifndef FHIRSTAGE_DOWNLOAD_H
#define FHIRSTAGE_DOWNLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "fhirstage/env.h"
#include "fhirstage/meter.h"
#include "fhirstage/remote.h"
#include "fhirstage/status.h"

/* One file of the export. */
struct fst_download_file {
    const char *path;  /* below the folder: "Patient/Patient-1-0.ndjson" */
    uint64_t    bytes, lines;
    bool        kept;  /* it was there */
};
typedef void fst_download_file_fn(void *ctx, const struct fst_download_file *file);

struct fst_download_opts {
    const char           *datastore_id, *job_id;
    const char           *dir;         /* made when it is not there */
    struct fst_remote     remote;
    unsigned              connections; /* 0: 8 */
    struct fst_meter     *meter;       /* may be NULL */
    fst_download_file_fn *file;        /* for each, in the order of their paths, when all are there; may be NULL */
    void                 *ctx;
};

/* FST_OK; FST_EREJECTED: all is there, but the job was COMPLETED_WITH_ERRORS; FST_EBUSY: the job goes on; FST_EJOB: it
 * failed; FST_EIO, FST_ENET, FST_EPARSE: a file could not be fetched, or is not what the service has. */
FST_MUST_USE enum fst_status fst_export_download(const struct fst_download_opts *opts, const struct fst_env *env, struct fst_error *err);

#endif
