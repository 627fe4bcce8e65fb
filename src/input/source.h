/* input/source.h — what the INPUTs name: files, the files under folders, standard input, objects in a store; and the bytes
 * in them.
 *
 * Sources stand in canonical order: standard input, then by path relative to the INPUT's root, bytewise. A file
 * reached twice is one source. Standard input is spooled to an unlinked temporary file, since it is read twice.
 * Gzip is told by its first bytes and inflated unseen.
 * Threads: the list is read-only once opened; one reader per thread. May use: base. */
#ifndef FST_INPUT_SOURCE_H
#define FST_INPUT_SOURCE_H

#include "base/arena.h"
#include "base/zip.h"
#include "fhirstage/store.h"

struct fst_source {
    const char *path;  /* what open() takes, or the object's URL; NULL: standard input's spool */
    const char *shown; /* for messages: as the user would name it */
    const char *rel;   /* relative to its INPUT's root; "-" for standard input */
    uint64_t    bytes; /* as it is stored */
    uint64_t    base;  /* stored bytes of the sources before it */
    int         spool; /* open file, or -1 */
    const struct fst_store *store; /* that it is an object in; else NULL */
    const char *tag;               /* the object's */
    size_t      left;              /* sources behind it in the list */
};

struct fst_sources {
    struct fst_source *items;
    size_t             count;
    uint64_t           bytes; /* stored, of all */
    struct fst_arena   strings;
};

struct fst_sources_opts {
    const char *const *inputs;
    size_t             count;
    const char        *skip_dir; /* left out wherever it is met; NULL: none */
    const char        *tmp_dir;  /* NULL: TMPDIR or /tmp */
    const struct fst_store *store; /* for INPUTs that it claims; NULL: there is none */
};

/* FST_ENOENT when an INPUT is not there; FST_EINPUT when nothing is to be read. */
FST_MUST_USE enum fst_status fst_sources_open(struct fst_sources *s, const struct fst_sources_opts *opts, struct fst_error *err);
void fst_sources_close(struct fst_sources *s);

/* The bytes of one source, inflated, in order. */
struct fst_reader {
    const struct fst_source *source;
    int               fd;
    bool              gzip, ended;
    uint64_t          at; /* in the stored bytes: for progress */
    struct fst_gunzip z;
    void             *stream;  /* of an object */
    char             *packed; /* stored bytes that are not inflated yet */
    size_t            looked;  /* of those, bytes read to tell gzip, which are to be read again */
    char              look[2];
    struct fst_view   rest;
};

/* Stand at `offset` of the inflated bytes: free for plain files, read over for gzip. */
FST_MUST_USE enum fst_status fst_reader_open(struct fst_reader *r, const struct fst_source *source, uint64_t offset, struct fst_error *err);
/* Up to `cap` bytes into `out`; *n is 0 only at the end. FST_EINPUT when the source cannot be read on. */
FST_MUST_USE enum fst_status fst_reader_read(struct fst_reader *r, char *out, size_t cap, size_t *n, struct fst_error *err);
void fst_reader_close(struct fst_reader *r);

#endif
