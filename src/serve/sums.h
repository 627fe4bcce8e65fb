/* serve/sums.h — the checksums that S3 knows, of the same bytes at once.
 * Threads: none share one. May use: base. */
#ifndef FST_SERVE_SUMS_H
#define FST_SERVE_SUMS_H

#include "base/digest.h"

enum fst_sum { FST_SUM_SHA256, FST_SUM_SHA1, FST_SUM_MD5, FST_SUM_CRC32, FST_SUM_CRC32C, FST_SUM_CRC64NVME, FST_SUMS };

enum { FST_SUM_MAX = FST_SHA256_BYTES };

/* How S3 calls them; MD5 is none of its checksums, and has names that no request carries. */
struct fst_sum_kind {
    const char *name;    /* "SHA256" */
    const char *header;  /* "x-amz-checksum-sha256" */
    const char *element; /* "ChecksumSHA256" */
    size_t      bytes;
    bool        whole;   /* may be that of the whole object of a multipart upload */
};
extern const struct fst_sum_kind fst_sum_kinds[FST_SUMS];
/* FST_SUMS when there is none of that name, in any case. */
enum fst_sum fst_sum_by_name(struct fst_view name);
enum fst_sum fst_sum_by_header(struct fst_view name);

struct fst_sums { /* valid when {0}: none is wanted */
    unsigned          wanted; /* bits, 1u << FST_SUM_… */
    struct fst_digest digests[FST_SUM_CRC32];
    uint64_t          crcs[FST_SUMS];
    uint8_t           values[FST_SUMS][FST_SUM_MAX]; /* once finished */
};

FST_MUST_USE enum fst_status fst_sums_init(struct fst_sums *s, unsigned wanted);
void fst_sums_add(struct fst_sums *s, const void *p, size_t n);
void fst_sums_finish(struct fst_sums *s);
void fst_sums_clear(struct fst_sums *s); /* safe twice */
/* The finished value in base64; `out` is reset first. */
struct fst_view fst_sums_text(const struct fst_sums *s, enum fst_sum sum, struct fst_buf *out);
/* Is `text` a value of that kind, in base64? Then it is decoded into `out`. */
bool fst_sum_decode(enum fst_sum sum, struct fst_view text, uint8_t out[FST_SUM_MAX]);

#endif
