/* pipeline/ask.h — requests that ask for something of a data store, and what stands in the answers.
 * Threads: no shared state. May use: json. */
#ifndef FST_PIPELINE_ASK_H
#define FST_PIPELINE_ASK_H

#include "base/buf.h"
#include "json/tape.h"

/* {"DatastoreId":…} into `out`, which is reset, with "MEMBER":"VALUE" behind it unless `member` is NULL. */
void fst_ask_of_datastore(struct fst_buf *out, const char *datastore_id, const char *member, const char *value);

/* What `operation` answered. FST_EPARSE when that is no JSON: an endpoint may be anything's. */
FST_MUST_USE enum fst_status fst_answer_parse(struct fst_tape *t, struct fst_view json, const char *operation, struct fst_error *err);
/* The string member of an object (FST_NO_NODE: none), unescaped, cut to fit; "" where there is none. */
void fst_answer_string(char *out, size_t cap, const struct fst_tape *t, uint32_t object, const char *name);
/* The number member of an object (FST_NO_NODE: none); false, and 0, where there is none. */
bool fst_answer_number(double *out, const struct fst_tape *t, uint32_t object, const char *name);
/* The member of the member of … of the object at `node`, by their names up to NULL; FST_NO_NODE where one is missing. */
uint32_t fst_answer_member(const struct fst_tape *t, uint32_t node, const char *const *names);

#endif
