/* base/thread.h — run a numbered set of tasks on some threads. */
#ifndef FST_BASE_THREAD_H
#define FST_BASE_THREAD_H

#include "fhirstage/status.h"

/* One task. `worker` is 0 … workers-1, for state a thread keeps for itself. */
typedef enum fst_status fst_task_fn(void *ctx, size_t task, unsigned worker, struct fst_error *err);

/* Run tasks 0 … count-1, handed out in order to `workers` threads (the caller is one of them). After a
 * task fails no new one starts; the failure of the lowest-numbered failed task is returned. */
FST_MUST_USE enum fst_status fst_run_tasks(size_t count, unsigned workers, fst_task_fn *fn, void *ctx, struct fst_error *err);

unsigned fst_cpu_count(void);

#endif
