/* prepare/skim.h — walk the members of one JSON container without parsing what is in them: for the first pass,
 * which needs a few members of each resource and must not cost a parse. It accepts much that is no JSON: what
 * it says of a malformed text means nothing, but reading stays inside the text.
 * Threads: thread-safe. May use: base. */
#ifndef FST_PREPARE_SKIM_H
#define FST_PREPARE_SKIM_H

#include "fhirstage/view.h"

struct fst_skim {
    const char *at, *end;
    char        close; /* the container's closing bracket */
    bool        bad;   /* the text broke off or is malformed */
};

struct fst_skim_item {
    struct fst_view name;  /* of a member, without quotes, escapes not undone; empty in an array */
    struct fst_view value; /* whole text: quotes and brackets are part of it */
};

/* Stand before the first item of the container that `text` starts with; false when it starts with none. */
bool fst_skim_begin(struct fst_skim *s, struct fst_view text);
/* The next item; false at the container's end and when the text is bad. */
bool fst_skim_next(struct fst_skim *s, struct fst_skim_item *item);
/* The first member called `name`; an empty view when there is none. `bad` is set when the text is bad. */
struct fst_view fst_skim_member(struct fst_view object, const char *name, bool *bad);

/* The bytes of the value that starts at p (white space before it is not skipped), or 0. */
size_t fst_skim_value(const char *p, const char *end);

#endif
