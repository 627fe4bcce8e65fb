/* fhirstage/meter.h — the counters a running job keeps, for whoever draws the progress.
 * The job adds, a display thread reads whenever it likes. Everything is atomic; {0} is valid. */
#ifndef FHIRSTAGE_METER_H
#define FHIRSTAGE_METER_H

#include <stdatomic.h>
#include <stddef.h> /* NULL */
#include <stdint.h>

enum fst_stage {
    FST_STAGE_NONE,
    FST_STAGE_INDEX,   /* first pass: who can be pointed at */
    FST_STAGE_MEASURE, /* the second pass without writing, where it may become several import jobs */
    FST_STAGE_PREPARE, /* second pass: validate, rewrite, write chunks */
    FST_STAGE_UPLOAD,
    FST_STAGE_IMPORT,
    FST_STAGE_RECONCILE,
    FST_STAGE_DOWNLOAD,
    FST_STAGE_VALIDATE, /* of `validate` alone */
    FST_STAGE_DONE
};

struct fst_meter {
    _Atomic int      stage; /* enum fst_stage; the counters below restart at 0 with each stage */
    _Atomic uint64_t files, files_total;
    _Atomic uint64_t bytes, bytes_total; /* total 0: not known */
    _Atomic uint64_t resources, rejected;
    _Atomic int      job_status; /* enum fst_job_status while importing, else 0 */
    _Atomic int      stop;       /* set by a signal handler to the signal's number: wind up, return FST_EINTR/FST_ETERM */
};

/* A stage begins, with so much to do (0: not known). `m` may be NULL. */
static inline void fst_meter_enter(struct fst_meter *m, enum fst_stage stage, uint64_t files_total, uint64_t bytes_total)
{
    if (!m)
        return;
    m->stage = stage;
    m->files = m->bytes = m->resources = m->rejected = 0;
    m->files_total = files_total;
    m->bytes_total = bytes_total;
}

#endif
