/* cli/trace.h — note how a job got on, many times a second, for the report's chart of throughput over time. When the
 * notes are full every second one is dropped, so that a day fits as well as a second.
 * Threads: start and stop from one thread; read between stop and the next start. May use: base. */
#ifndef FST_CLI_TRACE_H
#define FST_CLI_TRACE_H

#include "cli/progress.h"

enum { FST_TRACE_SAMPLES = 600 };

struct fst_trace {
    const struct fst_cli      *cli;
    struct fst_ticker          ticker;
    int64_t                    began_ms, pause_ms;
    struct fst_progress_sample samples[FST_TRACE_SAMPLES]; /* at_ms counts from the start */
    size_t                     count;
};

void fst_trace_start(struct fst_trace *t, const struct fst_cli *cli);
/* Takes the last sample. Safe twice. */
void fst_trace_stop(struct fst_trace *t);

/* Room for one more: drop every second sample and go at half the pace. */
void fst_trace_thin(struct fst_trace *t);

#endif
