/* pipeline/ask.h — requests that ask for something of a data store.
 * Threads: no shared state. May use: json. */
#ifndef FST_PIPELINE_ASK_H
#define FST_PIPELINE_ASK_H

#include "base/buf.h"

/* {"DatastoreId":…} into `out`, which is reset, with "MEMBER":"VALUE" behind it unless `member` is NULL. */
void fst_ask_of_datastore(struct fst_buf *out, const char *datastore_id, const char *member, const char *value);

#endif
