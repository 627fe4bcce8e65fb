/* base/crc.h — the CRCs that S3 takes as checksums: of bytes as they come, and of two runs put together.
 * The processor's instructions are used where it has them. Threads: thread-safe. May use: zip. */
#ifndef FST_BASE_CRC_H
#define FST_BASE_CRC_H

#include <stddef.h>
#include <stdint.h>

enum fst_crc_kind { FST_CRC32, FST_CRC32C, FST_CRC64NVME };

/* `crc` is 0 at the start, else the result so far. 32-bit ones stand in the lower half. */
uint64_t fst_crc_add(enum fst_crc_kind kind, uint64_t crc, const void *p, size_t n);
/* The CRC of A and B in a row, from that of A, that of B, and B's length. */
uint64_t fst_crc_combine(enum fst_crc_kind kind, uint64_t a, uint64_t b, uint64_t b_bytes);
/* 4 or 8. */
unsigned fst_crc_bytes(enum fst_crc_kind kind);

#endif
