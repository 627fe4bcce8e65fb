/* base/crc.h — the CRCs that S3 takes as checksums: of bytes as they come, and of two runs put together.
 * The processor's instructions are used where it has them. Threads: thread-safe. May use: libc. */
#ifndef FST_BASE_CRC_H
#define FST_BASE_CRC_H

#include <stddef.h>
#include <stdint.h>

enum fst_crc_kind { FST_CRC32, FST_CRC32C, FST_CRC64NVME };

/* `crc` is 0 at the start, else the result so far. 32-bit ones stand in the lower half. */
uint64_t fst_crc_add(enum fst_crc_kind kind, uint64_t crc, const void *p, size_t n);
/* The same with at most so many lanes of 16 bytes at a time (0, 8 or 16), for tests: 0 is the tables alone. */
uint64_t fst_crc_add_with(enum fst_crc_kind kind, uint64_t crc, const void *p, size_t n, unsigned lanes);
static inline uint32_t fst_crc32(uint32_t crc, const void *p, size_t n)
{
    return (uint32_t)fst_crc_add(FST_CRC32, crc, p, n);
}
/* The CRC of A and B in a row, from that of A, that of B, and B's length. */
uint64_t fst_crc_combine(enum fst_crc_kind kind, uint64_t a, uint64_t b, uint64_t b_bytes);
/* 4 or 8. */
unsigned fst_crc_bytes(enum fst_crc_kind kind);

#endif
