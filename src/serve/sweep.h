/* serve/sweep.h — objects' files that nobody needs, removed where a service was killed.
 * Threads: before the service's threads are started, and after they ended. May use: all that serve may. */
#ifndef FST_SERVE_SWEEP_H
#define FST_SERVE_SWEEP_H

#include "serve/service.h"

/* The folder is locked and the database open. */
FST_MUST_USE enum fst_status fst_sweep_begin(struct fst_serve *s, struct fst_error *err);
/* The service ends as it should. */
void fst_sweep_end(struct fst_serve *s);

#endif
