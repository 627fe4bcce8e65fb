#include "test.h"

#include <stdlib.h>

#include "prepare/heap.h"
#include "prepare/index.h"
#include "prepare/sort.h"

enum { WRITERS = 3 };

static uint64_t state_of_random = 7;

static uint64_t next_random(void)
{
    state_of_random = state_of_random * 6364136223846793005u + 1442695040888963407u;
    return state_of_random >> 33;
}

static void sorting(void **state)
{
    static const size_t counts[] = { 0, 1, 2, 24, 25, 1000, 20000 };
    for (size_t i = 0; i < FST_COUNT(counts); i++)
        for (unsigned shape = 0; shape < 4; shape++) { /* random, ascending, descending, few values */
            size_t             n = counts[i];
            struct fst_record *r = calloc(n + 1, sizeof *r);
            uint64_t           sum = 0;
            for (size_t k = 0; k < n; k++) {
                r[k].key.hi = shape == 0 ? next_random() : shape == 1 ? k : shape == 2 ? n - k : next_random() % 3;
                r[k].pos = next_random() % 5;
                sum += r[k].key.hi * 31 + r[k].pos;
            }
            fst_records_sort(r, n);
            for (size_t k = 0; k < n; k++) {
                sum -= r[k].key.hi * 31 + r[k].pos;
                if (k && fst_record_less(&r[k], &r[k - 1]))
                    fail_msg("%zu records, shape %u: out of order at %zu", n, shape, k);
            }
            assert_int_equal(sum, 0);
            free(r);
        }
}

/* `count` records with keys 0, 1, 2, …, three of each, in a scrambled order. */
static struct fst_index *filled(size_t count, size_t share)
{
    struct fst_index *x;
    assert_int_equal(fst_index_new(&x, share, WRITERS, NULL, NULL), FST_OK);
    for (size_t i = 0; i < count; i++) {
        size_t            k = i * 7919 % count; /* a prime that divides no count used here */
        struct fst_record r = { { k / 3 / 10, k / 3 % 10 }, k % 3, k };
        assert_int_equal(fst_index_add(x, (unsigned)(i % WRITERS), &r, NULL), FST_OK);
    }
    assert_int_equal(fst_index_finish(x, NULL), FST_OK);
    assert_int_equal(fst_index_count(x), count);
    return x;
}

static void check_seeks(const struct fst_index *x, size_t count)
{
    struct fst_index_reader  r;
    const struct fst_record *found;

    assert_int_equal(fst_index_reader_init(&r, x, NULL), FST_OK);
    for (size_t i = 0; i < 500 && count; i++) {
        size_t k = next_random() % count;
        assert_int_equal(fst_index_seek(&r, (struct fst_hash128){ k / 3 / 10, k / 3 % 10 }, k % 3, NULL), FST_OK);
        assert_int_equal(r.rank, k);
        assert_int_equal(fst_index_next(&r, &found, NULL), FST_OK);
        assert_int_equal(found->extra, k);
    }
    assert_int_equal(fst_index_seek(&r, (struct fst_hash128){ UINT64_MAX, 0 }, 0, NULL), FST_OK);
    assert_int_equal(fst_index_next(&r, &found, NULL), FST_OK);
    assert_null(found);
    assert_int_equal(fst_index_seek(&r, (struct fst_hash128){ 0, 0 }, 0, NULL), FST_OK);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(fst_index_next(&r, &found, NULL), FST_OK);
        assert_int_equal(found->extra, i);
    }
    fst_index_reader_clear(&r);
}

/* In memory, spilled to a few runs, and to more runs than one round merges: the same answers. */
static void spilling(void **state)
{
    static const struct { size_t count, share; } rows[] = {
        { 0, 1 << 20 }, { 3000, 1 << 20 }, { 3000, 20000 }, { 30000, 1 }, { 300000, 1 << 16 },
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        struct fst_index *x = filled(rows[i].count, rows[i].share);
        check_seeks(x, rows[i].count);
        fst_index_free(x);
    }
}

static void groups(void **state)
{
    struct fst_index        *x = filled(3000, 1);
    struct fst_index_reader  r;
    const struct fst_record *found;
    struct fst_hash128       key = { 4, 2 };

    assert_int_equal(fst_index_reader_init(&r, x, NULL), FST_OK);
    assert_int_equal(fst_index_seek(&r, key, 0, NULL), FST_OK);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(fst_index_next_of(&r, key, &found, NULL), FST_OK);
        assert_int_equal(found->pos, i);
    }
    assert_int_equal(fst_index_next_of(&r, key, &found, NULL), FST_OK);
    assert_null(found);
    fst_index_reader_clear(&r);
    fst_index_free(x);
}

static void heap_items(void **state)
{
    enum { ITEMS = 5000 };
    static uint64_t        handles[ITEMS];
    struct fst_heap       *h;
    struct fst_heap_reader r = { 0 };
    char                   text[FST_HEAP_ITEM_MAX];
    uint8_t                got[FST_HEAP_ITEM_MAX];
    size_t                 n;

    assert_int_equal(fst_heap_new(&h, WRITERS, NULL, NULL), FST_OK);
    for (size_t i = 0; i < ITEMS; i++) {
        memset(text, (int)('a' + i % 26), sizeof text);
        assert_int_equal(fst_heap_add(h, (unsigned)(i % WRITERS), fst_view_n(text, i % 256), &handles[i], NULL), FST_OK);
    }
    assert_int_equal(fst_heap_finish(h, NULL), FST_OK);
    r.heap = h;
    for (size_t i = 0; i < ITEMS; i++) {
        size_t k = i * 37 % ITEMS;
        assert_int_equal(fst_heap_read(&r, handles[k], got, &n, NULL), FST_OK);
        assert_int_equal(n, k % 256);
        memset(text, (int)('a' + k % 26), sizeof text);
        assert_memory_equal(got, text, n);
    }
    fst_heap_reader_clear(&r);
    fst_heap_free(h);
}

FST_TESTS(cmocka_unit_test(sorting), cmocka_unit_test(spilling), cmocka_unit_test(groups), cmocka_unit_test(heap_items))
