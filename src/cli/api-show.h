/* cli/api-show.h — an API answer for people: a list as a table, newest first; an object as aligned names and values;
 * times in the local zone, with how long ago. What the model does not know is shown too.
 * Threads: thread-safe. May use: json. */
#ifndef FST_CLI_API_SHOW_H
#define FST_CLI_API_SHOW_H

#include "base/buf.h"
#include "fhirstage/model.h"

/* Append the answer `json` of shape `shape`. `items`: its member that is a list to be shown as a table; NULL: none. */
FST_MUST_USE enum fst_status fst_api_show(struct fst_buf *out, const struct fst_model_shape *shape, const struct fst_model_member *items,
                                          struct fst_view json, int64_t now_ms, struct fst_error *err);

/* "2026-11-23 10:00:00 (3 min ago)" */
void fst_add_local_time(struct fst_buf *out, int64_t ms, int64_t now_ms);

#endif
