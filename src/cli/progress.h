/* cli/progress.h — show how a running job gets on. A thread reads the meter: on a terminal it redraws one line after
 * the first second, elsewhere it writes a line every 10 s, or JSON lines every second.
 * Threads: start and stop from one thread; nothing is shared but the meter. May use: base, json, healthlake. */
#ifndef FST_CLI_PROGRESS_H
#define FST_CLI_PROGRESS_H

#include "base/buf.h"
#include "cli/cmd.h"
#include "cli/ticker.h"

/* What the meter said at one moment. */
struct fst_progress_sample {
    int64_t  at_ms;
    int      stage, job_status;
    uint64_t files, files_total, bytes, bytes_total, resources, rejected;
};

struct fst_progress_sample fst_progress_take(struct fst_meter *meter, int64_t at_ms);
/* "prepare"; "?" for a number that is none. */
const char *fst_stage_name(int stage);

enum { FST_PROGRESS_SAMPLES = 64 };

struct fst_progress {
    const struct fst_cli *cli;
    struct fst_ticker     ticker;
    int                   mode; /* enum fst_progress_mode, AUTO settled to -1 where it is a terminal */
    int64_t               began_ms, stage_began_ms;
    struct fst_progress_sample ring[FST_PROGRESS_SAMPLES]; /* of this stage, the last seconds, for the pace */
    unsigned              sampled;
};

/* Does nothing with --progress none, and where no thread can be had. */
void fst_progress_start(struct fst_progress *p, const struct fst_cli *cli);
/* Takes the line away. Safe twice, and after a start that did nothing. */
void fst_progress_stop(struct fst_progress *p);

/* "prepare    45%  2.1 s left  12/85 files  203.0 of 452.0 MB  120.1 MB/s  3 rejected  345,112 resources".
 * `pace` is in bytes a second, 0: not known. */
void fst_progress_text(struct fst_buf *out, const struct fst_progress_sample *s, double pace, int64_t elapsed_ms);
void fst_progress_json(struct fst_buf *out, const struct fst_progress_sample *s, double pace, int64_t elapsed_ms);

#endif
