#include "test.h"

#include <stdlib.h>

#include "base/grow.h"

static void keeps_what_is_there(void **state)
{
    uint64_t *items = NULL;
    size_t    count = 0, cap = 0;

    for (; count < 1000; count++) {
        assert_true(fst_grow(&items, count, &cap, sizeof *items));
        assert_true(cap > count);
        items[count] = count;
    }
    for (size_t i = 0; i < count; i++)
        assert_int_equal(items[i], i);
    free(items);
}

static void refuses_what_no_memory_has(void **state)
{
    char  *items = NULL;
    size_t cap = SIZE_MAX / 4;

    assert_false(fst_grow(&items, cap, &cap, 16));
    assert_null(items);
    assert_true(cap == SIZE_MAX / 4);
}

FST_TESTS(cmocka_unit_test(keeps_what_is_there), cmocka_unit_test(refuses_what_no_memory_has))
