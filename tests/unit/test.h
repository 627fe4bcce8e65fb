/* test.h — what every unit test includes first: cmocka, and a main over the list of tests. */
#ifndef FST_TEST_H
#define FST_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fhirstage/view.h"

#define FST_TESTS(...)                                                  \
    int main(void)                                                      \
    {                                                                   \
        const struct CMUnitTest tests[] = { __VA_ARGS__ };              \
        return cmocka_run_group_tests_name(__FILE__, tests, NULL, NULL); \
    }

/* The folder of the given data, or NULL: then say so and skip(). */
static inline const char *fst_testdata(void)
{
    const char *dir = getenv("TESTDATA");
    return dir && *dir ? dir : NULL;
}

#endif
