/* prepare/value.h — one value of the input: a resource on its own, or a Bundle's entry; and what the options
 * say of values of its kind.
 * Threads: thread-safe. May use: fhir, json. */
#ifndef FST_PREPARE_VALUE_H
#define FST_PREPARE_VALUE_H

#include "fhirstage/prepare.h"
#include "prepare/identity.h"

#define FST_NO_BUNDLE UINT64_MAX

/* Borrowed: `text`, `source`, `tape` live as long as the callback that got it. */
struct fst_value {
    struct fst_view text;          /* of the resource, or of the entry object */
    struct fst_view source;        /* its path under its root */
    uint32_t        source_number;
    uint64_t        offset;        /* of `text` in the source */
    uint64_t        pos;           /* orders all values of the input */
    uint64_t        line;          /* physical, from 1: where the value starts; in a line that is a Bundle, that line */
    int64_t         entry;         /* index in its Bundle, or -1: not an entry */
    uint64_t        bundle_line;   /* where the Bundle starts */
    uint64_t        bundle;        /* the Bundle's position, or FST_NO_BUNDLE */
    uint64_t        bundle_offset; /* the Bundle's offset in the source */
    const char     *broken, *rule; /* not NULL: these bytes belong to no value, and why */
    bool            continued;     /* more bytes of the broken value before */
    const struct fst_tape *tape;   /* parsed already (an entry of a line that is a Bundle), or NULL */
    uint32_t        root;          /* the value's node there */
};

/* Which types are staged. */
struct fst_selection {
    bool wanted[FST_TYPE_COUNT]; /* --types */
    bool stage_unsupported;
};
/* FST_EUSAGE when `types` (comma-separated, NULL: all) names no type of R4. */
FST_MUST_USE enum fst_status fst_selection_init(struct fst_selection *s, const char *types, bool stage_unsupported,
                                                struct fst_error *err);

/* Why a well-formed value is not staged, before anything else is asked; FST_SKIP_COUNT when it is to be. An
 * unknown type is not skipped: it is rejected later. */
enum fst_skip fst_value_skip(const struct fst_selection *s, const struct fst_facts *f, bool is_entry);

#endif
