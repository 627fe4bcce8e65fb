#include "test.h"

#include <stdlib.h>

#include "healthlake/model.h"
#include "healthlake/pattern.h"

static void matches(void **state)
{
    static const struct { const char *pattern, *text; bool ok; } rows[] = {
        { "", "", true }, { "", "a", false }, { "a", "", false }, { "a", "a", true }, { "a", "aa", false }, { "a?", "", true },
        { "a*b", "aaab", true }, { "a*a", "aaa", true }, { "a+", "", false }, { "a{2}", "aa", true }, { "a{2}", "aaa", false },
        { "a{2,}", "aaaaa", true }, { "a{2,}", "a", false }, { "a{1,2}b", "aab", true }, { "a{1,2}b", "aaab", false },
        { "(ab|a)(c|bcd)", "abcd", true }, { "(ab|a)(c|bcd)", "abc", true }, { "(ab|a)(c|bcd)", "ab", false },
        { "(a|b|)c", "c", true }, { "(ab)*", "ababab", true }, { "(ab)*", "aba", false }, { "(ab){2,3}", "ababab", true },
        { "(ab){2,3}", "ab", false }, { "(a?)*b", "aab", true }, { "(a?){3}", "", true }, { "(a*)*", "b", false },
        { "[^:]+", "a\nb", true }, { "[^:]+", "a:", false }, { ".+", "a\nb", false }, { ".+?", "abc", true },
        { "[a-c-]+", "a-b", true }, { "[\\.\\-a-z0-9]+", "a.-9", true }, { "[a-zA-Z0-9-_]+", "a-_", true },
        { "[a-zA-Z0-9-_]+", ".", false }, { "\\d{3}", "123", true }, { "\\d{3}", "12a", false }, { "\\$LATEST", "$LATEST", true },
        { "\\p{L}+", "Zürich", true }, { "\\p{L}+", "東京", true }, { "\\p{L}+", "a1", false }, { "\\p{N}", "½", true },
        { "\\p{Z}", "\xC2\xA0", true }, { "\\p{Z}", "\t", false }, { "\\P{L}", "1", true }, { "\\P{L}", "é", false },
        { "[\\P{M}\\p{M}]{0,3}", "a\n\xF0\x9F\x98\x80", true }, { "\\p{M}", "\xCC\x81", true }, { "\\p{ASCII}*", "a~\x7F", true },
        { "\\p{ASCII}*", "é", false }, { ".{2}", "é\xF0\x9F\x98\x80", true },
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        struct fst_pattern p;
        if (!fst_pattern_compile(&p, rows[i].pattern))
            fail_msg("'%s' does not compile", rows[i].pattern);
        if (fst_pattern_matches(&p, fst_view_of(rows[i].text)) != rows[i].ok)
            fail_msg("'%s' and '%s'", rows[i].pattern, rows[i].text);
    }
}

static void malformed(void **state)
{
    static const char *const rows[] = { "(", ")", "a)", "(a", "[a", "[", "*", "a**", "a{", "a{x}", "a{2,1}", "a{1", "\\", "\\w", "\\p{X}",
                                        "\\p", "[z-a]", "a|*", "^a", "a$", "[[:alpha:]]", "é" };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        struct fst_pattern p;
        if (fst_pattern_compile(&p, rows[i]))
            fail_msg("'%s' compiles", rows[i]);
    }
    struct fst_pattern p;
    char               many[2 * FST_PATTERN_NODES + 1];
    memset(many, 'a', sizeof many);
    many[FST_PATTERN_NODES] = 0;
    assert_false(fst_pattern_compile(&p, many));
}

/* What the API takes and refuses. */
static void of_the_model(void **state)
{
    static const struct { const char *shape, *text; bool ok; } rows[] = {
        { "JobName", "Nightly import: 2026-11-23 (no)", false }, { "JobName", "Nächtlicher Import_1/2.3:=+-%@", true },
        { "S3Uri", "s3://bucket/", true }, { "S3Uri", "s3://my-bucket.x/a b/ü", true }, { "S3Uri", "s3://Bucket/", false },
        { "S3Uri", "s3://b/", false }, { "S3Uri", "https://bucket/", false }, { "S3Uri", "s3://bucket-/", false },
        { "S3Uri", "s3://bucket", true }, { "IamRoleArn", "arn:aws:iam::123456789012:role/r", true },
        { "IamRoleArn", "arn:aws-us-gov:iam::123456789012:role/a/b", true }, { "IamRoleArn", "arn:aws:iam::12345678901:role/r", false },
        { "IamRoleArn", "arn:aws:iam::123456789012:user/r", false }, { "ClientTokenString", "a-1", true }, { "ClientTokenString", "a_1", false },
        { "EncryptionKeyID", "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab", true },
        { "EncryptionKeyID", "alias/mine", true }, { "EncryptionKeyID", "arn:aws:kms:us-gov-west-1:123456789012:alias/mine", true },
        { "EncryptionKeyID", "a key", false }, { "LambdaArn", "arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST", true },
        { "LambdaArn", "arn:aws:lambda:us-east-1:123456789012:layer:f", false },
        { "AmazonResourceName", "arn:aws:healthlake:us-east-1:123456789012:datastore/fhir/0123456789abcdef0123456789abcdef", true },
        { "AmazonResourceName", "arn:aws:healthlake:us-east-1:123456789012:datastore/fhir/01", false },
        { "DatastoreArn", "arn:aws:healthlake:us-east-1:123456789012:datastore/fhir/01", true }, { "NextToken", "é", false },
        { "ProfileIdString", "0123456789abcdef0123456789abcdef", true }, { "ProfileIdString", "0123456789ABCDEF0123456789abcdef", false },
    };
    struct fst_pattern p;
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        assert_true(fst_pattern_compile(&p, fst_model_shape(rows[i].shape)->pattern));
        if (fst_pattern_matches(&p, fst_view_of(rows[i].text)) != rows[i].ok)
            fail_msg("%s and '%s'", rows[i].shape, rows[i].text);
    }
    size_t count = 0;
    for (size_t i = 0; i < fst_model_shape_count; i++) {
        const struct fst_model_shape *s = &fst_model_shapes[i];
        count += s->pattern != NULL;
        if (s->pattern && !fst_pattern_compile(&p, s->pattern))
            fail_msg("%s: '%s'", s->name, s->pattern);
    }
    assert_int_equal(count, 24);
}

/* A megabyte that fails in its last character is refused at once: no recursion by character, no square. */
static void long_text(void **state)
{
    static const char *const shapes[] = { "JobName", "S3Uri", "IamRoleArn", "HealthLakeString" };
    enum { LENGTH = 1 << 20 };
    char *text = malloc(LENGTH + 1);
    assert_non_null(text);
    memset(text, 'a', LENGTH);
    text[LENGTH] = 0;
    for (size_t i = 0; i < FST_COUNT(shapes); i++) {
        struct fst_pattern p;
        assert_true(fst_pattern_compile(&p, fst_model_shape(shapes[i])->pattern));
        assert_int_equal(fst_pattern_matches(&p, fst_view_n(text, LENGTH)), i == 0);
        text[LENGTH - 1] = '\n';
        assert_false(fst_pattern_matches(&p, fst_view_n(text, LENGTH)));
        text[LENGTH - 1] = 'a';
    }
    free(text);
}

FST_TESTS(cmocka_unit_test(matches), cmocka_unit_test(malformed), cmocka_unit_test(of_the_model), cmocka_unit_test(long_text))
