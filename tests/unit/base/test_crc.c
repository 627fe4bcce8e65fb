#include "test.h"

#include <string.h>

#include "base/crc.h"

/* The check values of the catalogue of parametrised CRC algorithms, and S3's own example. */
static void known(void **state)
{
    static const struct { enum fst_crc_kind kind; const char *text; uint64_t crc; } rows[] = {
        { FST_CRC32, "123456789", 0xcbf43926 },          { FST_CRC32C, "123456789", 0xe3069283 },
        { FST_CRC64NVME, "123456789", 0xae8b14860a799888 }, { FST_CRC32, "", 0 },
        { FST_CRC32C, "", 0 },                           { FST_CRC64NVME, "", 0 },
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        uint64_t crc = fst_crc_add(rows[i].kind, 0, rows[i].text, strlen(rows[i].text));
        if (crc != rows[i].crc)
            fail_msg("row %zu: %llx", i, (unsigned long long)crc);
    }
}

/* Cut anywhere, in pieces of any size, or combined of two halves: the same. */
static void in_pieces(void **state)
{
    unsigned char bytes[300];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 131 + 7);
    for (int kind = FST_CRC32; kind <= FST_CRC64NVME; kind++) {
        uint64_t whole = fst_crc_add(kind, 0, bytes, sizeof bytes);
        for (size_t step = 1; step < 32; step++) {
            uint64_t crc = 0;
            for (size_t at = 0; at < sizeof bytes; at += step)
                crc = fst_crc_add(kind, crc, bytes + at, at + step < sizeof bytes ? step : sizeof bytes - at);
            if (crc != whole)
                fail_msg("kind %d in pieces of %zu", kind, step);
        }
        for (size_t cut = 0; cut <= sizeof bytes; cut++) {
            uint64_t a = fst_crc_add(kind, 0, bytes, cut), b = fst_crc_add(kind, 0, bytes + cut, sizeof bytes - cut);
            if (fst_crc_combine(kind, a, b, sizeof bytes - cut) != whole)
                fail_msg("kind %d combined at %zu", kind, cut);
        }
    }
}

/* However many lanes are folded at a time, and wherever the bytes begin and end: what the tables alone say. */
static void in_lanes(void **state)
{
    static unsigned char bytes[5000];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * i * 31 + i / 7);
    for (int kind = FST_CRC32; kind <= FST_CRC64NVME; kind++)
        for (size_t n = 0; n < sizeof bytes - 16; n += n < 600 ? 1 : 37)
            for (unsigned lanes = 8; lanes <= 16; lanes += 8) {
                const unsigned char *p = bytes + n % 16;
                uint64_t tables = fst_crc_add_with(kind, n, p, n, 0), folded = fst_crc_add_with(kind, n, p, n, lanes);
                if (tables != folded)
                    fail_msg("kind %d, %zu bytes in %u lanes", kind, n, lanes);
            }
}

FST_TESTS(cmocka_unit_test(in_lanes), cmocka_unit_test(known), cmocka_unit_test(in_pieces))
