#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "serve/keys.h"

static enum fst_status load(struct fst_keys *keys, const char *text, struct fst_error *err)
{
    char            path[] = "/tmp/fst-keys-XXXXXX";
    int             fd = mkstemp(path);
    enum fst_status st;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    st = fst_keys_load(keys, path, err);
    unlink(path);
    return st;
}

static void all_profiles(void **state)
{
    struct fst_keys keys = { 0 };

    assert_int_equal(load(&keys, "[default]\naws_access_key_id = A\naws_secret_access_key=one=1 \r\n\n# [x]\n[two]\naws_secret_access_key = two\n"
                                 "region = x\naws_access_key_id = B\naws_account_id = 222222222222\n[half]\naws_access_key_id = C\n", NULL), FST_OK);
    assert_string_equal(fst_keys_find(&keys, fst_view_of("A"))->secret, "one=1");
    assert_string_equal(fst_keys_find(&keys, fst_view_of("A"))->account, FST_KEYS_ACCOUNT);
    assert_string_equal(fst_keys_find(&keys, fst_view_of("B"))->secret, "two");
    assert_string_equal(fst_keys_find(&keys, fst_view_of("B"))->account, "222222222222");
    assert_string_equal(fst_keys_account_name(&keys, fst_view_of("222222222222")), "two");
    assert_null(fst_keys_find(&keys, fst_view_of("C")));
    assert_null(fst_keys_find(&keys, fst_view_of("")));
    fst_keys_clear(&keys);
    fst_keys_clear(&keys);
}

/* A secret is never in an error's words. */
static void nothing_in_it(void **state)
{
    struct fst_keys  keys = { 0 };
    struct fst_error err = { 0 };

    assert_int_equal(load(&keys, "[a]\naws_secret_access_key = hush\n[b]\naws_access_key_id = A\n", &err), FST_ECONFIG);
    assert_null(strstr(err.text, "hush"));
    fst_keys_clear(&keys);
}

FST_TESTS(cmocka_unit_test(all_profiles), cmocka_unit_test(nothing_in_it))
