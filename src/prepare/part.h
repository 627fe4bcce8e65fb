/* prepare/part.h — a file of the output that grows under a temporary name and gets its own when it is whole; or what
 * goes to a sink in its place.
 * Nothing is held open between writes, so any number of parts may grow at a time.
 * Memory: what was added and not yet written, at most `buffer_bytes` and one addition.
 * Threads: one part per thread. May use: base. */
#ifndef FST_PREPARE_PART_H
#define FST_PREPARE_PART_H

#include "base/buf.h"
#include "fhirstage/prepare.h"

struct fst_part {
    struct fst_buf buf;         /* add here, then fst_part_added() */
    struct fst_buf temp, final; /* paths; empty `final`: nothing is written, only counted */
    size_t         buffer_bytes;
    uint64_t       bytes;       /* written so far, the buffer not counted */
    uint32_t       crc32;       /* of them */
    bool           summed;      /* keep the CRC32 */
    bool           created;
    const struct fst_chunk_sink *sink; /* not NULL: it goes there; `final` is its key */
    void          *file;        /* of the sink, when created */
};

void fst_part_init(struct fst_part *p, size_t buffer_bytes, size_t max_bytes);
void fst_part_clear(struct fst_part *p); /* removes what was written and not finished */
/* Begin a new file: it will be `dir`/`key`, and is `dir`/.partial/… until then. `dir` NULL: count only. What is
 * in the buffer belongs to it. */
FST_MUST_USE enum fst_status fst_part_begin(struct fst_part *p, const char *dir, const char *key, bool summed,
                                            struct fst_error *err);
/* Write out when the buffer is full. */
FST_MUST_USE enum fst_status fst_part_added(struct fst_part *p, struct fst_error *err);
/* Write out the first n bytes of the buffer. */
FST_MUST_USE enum fst_status fst_part_flush(struct fst_part *p, size_t n, struct fst_error *err);
/* Give what was written its name, and keep the rest in the buffer. An empty part leaves no file. */
FST_MUST_USE enum fst_status fst_part_close(struct fst_part *p, struct fst_error *err);
/* Write the rest, and give it its name. */
FST_MUST_USE enum fst_status fst_part_finish(struct fst_part *p, struct fst_error *err);

#define FST_PARTIAL_DIR ".partial"

#endif
