/* pipeline/same.h — are these bytes that object? Decided by what the service tells of it: a checksum of the whole, one
 * made of its parts', or an ETag that is an MD5. Never by its name, or its size alone.
 * Memory: constant. Threads: none share one. May use: aws. */
#ifndef FST_PIPELINE_SAME_H
#define FST_PIPELINE_SAME_H

#include "aws/s3.h"

struct fst_same { /* valid when {0} */
    struct fst_s3_head head;
    uint64_t           part_bytes; /* 0: in one */
    uint64_t           bytes, in_part;
    struct fst_s3_sum  sum, part;  /* of all so far, or of the parts before the one at hand; of this one */
    struct fst_digest  md5, md5_part;
    bool               by_md5, hopeless;
};

/* Ask about the object: FST_OK, with *found false when there is none. */
FST_MUST_USE enum fst_status fst_same_begin(struct fst_same *s, struct fst_aws *a, struct fst_view bucket, struct fst_view key,
                                            bool *found, struct fst_error *err);
void fst_same_add(struct fst_same *s, struct fst_view bytes);
/* After the last byte; frees what it holds. */
bool fst_same_end(struct fst_same *s);
void fst_same_clear(struct fst_same *s); /* gives up */
/* Can it be told from the CRC32 and the size alone? */
bool fst_same_by_crc32(const struct fst_same *s);

#endif
