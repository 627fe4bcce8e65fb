/* serve/s3-upload.h — a multipart upload, as its parts and its completion see it.
 * Threads: thread-safe. May use: all that serve may. */
#ifndef FST_SERVE_S3_UPLOAD_H
#define FST_SERVE_S3_UPLOAD_H

#include "serve/s3.h"

struct fst_s3_upload {
    bool           found;
    enum fst_sum   sum;      /* the algorithm of the parts' checksums */
    bool           is_whole; /* the object's checksum is of all its bytes, not of its parts' checksums */
    bool           is_named; /* the algorithm was asked for; else it is S3's own choice */
    struct fst_buf id, headers, owner;
    struct fst_buf answer;   /* once it is completed: given again when it is completed again */
};

/* The one that the request names; else that is answered. To be cleared in any case. */
bool fst_s3_find_upload(struct fst_s3 *q, struct fst_s3_upload *u);
/* One that is under way. A completed one is known only so that completing it may be repeated. */
bool fst_s3_find_open_upload(struct fst_s3 *q, struct fst_s3_upload *u);
void fst_s3_upload_clear(struct fst_s3_upload *u);
FST_MUST_USE enum fst_status fst_s3_forget_parts(struct fst_serve *s, struct fst_view id, struct fst_error *err);

#endif
