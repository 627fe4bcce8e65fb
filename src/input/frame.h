/* input/frame.h — cut a source into slices: the lines of NDJSON, the entries of Bundles, the resources that stand
 * alone. What is cut is not parsed: only brackets and strings are followed, so that a slice may still be malformed.
 *
 * A source is read in one of two modes, told by its first bytes (docs/architecture.md, "Framing").
 * Memory: one slice, at most max_slice bytes. A Bundle that is split is never held.
 * Threads: one frame per thread. May use: json. */
#ifndef FST_INPUT_FRAME_H
#define FST_INPUT_FRAME_H

#include "input/window.h"

#define FST_BUNDLE_TYPES(X)                                                                                  \
    X(TRANSACTION, "transaction") X(BATCH, "batch") X(COLLECTION, "collection") X(SEARCHSET, "searchset")      \
    X(HISTORY, "history") X(TRANSACTION_RESPONSE, "transaction-response") X(BATCH_RESPONSE, "batch-response") \
    X(DOCUMENT, "document") X(MESSAGE, "message")

enum fst_bundle_type {
    FST_BUNDLE_NONE, /* not in a Bundle */
#define FST_BUNDLE_ID(id, name) FST_BUNDLE_##id,
    FST_BUNDLE_TYPES(FST_BUNDLE_ID)
#undef FST_BUNDLE_ID
    FST_BUNDLE_UNTYPED /* no type, or an unknown one */
};
enum fst_bundle_type fst_bundle_type_find(struct fst_view name);

/* Which Bundles are cut into their entries. */
enum fst_split {
    FST_SPLIT_DEFAULT, /* all but document and message */
    FST_SPLIT_ALL,
    FST_SPLIT_NONE
};
bool fst_bundle_is_split(enum fst_split split, enum fst_bundle_type type);

enum fst_framing {
    FST_FRAMING_LINES,
    FST_FRAMING_DOCUMENTS,
    FST_FRAMING_NOT_FHIR /* `why` says what it looks like */
};

/* A place where reading can start. */
struct fst_mark {
    uint64_t             offset, line; /* of the slice */
    int64_t              entry;        /* in its Bundle, or -1 */
    uint64_t             bundle_offset, bundle_line;
    enum fst_bundle_type bundle;
    enum fst_framing     framing;
};

struct fst_slice {
    struct fst_view text;      /* borrowed until the next call; white space around it is left out */
    struct fst_mark mark;
    const char     *broken;    /* not NULL: these bytes are no value, and why; static */
    const char     *rule;      /* of `broken`; static */
    bool            continued; /* further bytes of the broken slice before, which was too long to hold */
};

struct fst_frame_opts {
    enum fst_split split;
    uint64_t       max_slice; /* bytes; 0: 192 MiB */
};

struct fst_frame {
    struct fst_window        w;
    const struct fst_source *source;
    struct fst_frame_opts    opts;
    enum fst_framing         framing;
    const char              *why;   /* of FST_FRAMING_NOT_FHIR; static */
    int                      state; /* frame.c's */
    uint64_t                 start; /* of the slice in hand */
    struct fst_mark          mark;
    const char              *broken, *rule;
    bool                     in_bundle;
};

/* `from` NULL: the whole source. A frame opened at a slice's mark yields that slice first. */
FST_MUST_USE enum fst_status fst_frame_open(struct fst_frame *f, const struct fst_source *source, const struct fst_frame_opts *opts,
                                            const struct fst_mark *from, struct fst_error *err);
/* *more is false at the end. FST_EINPUT when the source cannot be read on; what came before is whole. */
FST_MUST_USE enum fst_status fst_frame_next(struct fst_frame *f, struct fst_slice *slice, bool *more, struct fst_error *err);
void fst_frame_close(struct fst_frame *f);

/* Stored bytes read so far, for progress. */
static inline uint64_t fst_frame_progress(const struct fst_frame *f)
{
    return f->w.reader.at;
}

#endif
