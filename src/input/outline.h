/* input/outline.h — what kind of document begins here, before it is read: the top-level members resourceType and
 * type, wherever they stand. Most often they come first; where they do not, the document is scanned ahead.
 * Threads: thread-safe. May use: json. */
#ifndef FST_INPUT_OUTLINE_H
#define FST_INPUT_OUTLINE_H

#include "input/frame.h"

struct fst_outline {
    bool                 is_bundle;
    enum fst_bundle_type bundle;
};

/* Of the document at `at`, whose first bytes are in `w`. A malformed document has the outline of what could be read. */
FST_MUST_USE enum fst_status fst_outline_read(struct fst_outline *o, const struct fst_window *w, uint64_t at,
                                              const struct fst_source *source, struct fst_error *err);

/* The member that the cursor stands at, and the cursor behind its colon and white space. Its name is unescaped into
 * `name`. The bytes from `keep` on are not held. FST_SCAN_MALFORMED when there is none. */
enum fst_scan fst_member_name(struct fst_window *w, struct fst_buf *name, struct fst_error *err);

#endif
