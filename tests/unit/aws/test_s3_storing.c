#include "test.h"

#include "aws/s3_storing.h"

#define TWENTY "a=1", "b=2", "c=3", "d=4", "e=5", "f=6", "g=7", "h=8", "i=9", "j=10", "k=11", "l=12", "m=13", "n=14", "o=15", "p=16", "q=17"

static const char *const tags[] = { "stage=test", "team=Genomics & Co", "empty=" };
static const char *const many[] = { TWENTY };
static const char *const no_equals[] = { "stage" };
static const char *const no_key[] = { "=x" };
static const char *const metadata[] = { "Source=Synthea 3.3", "run=2026-11" };
static const char *const bad_name[] = { "so urce=x" };
static const char *const bad_value[] = { "source=a\nx-amz-acl: public-read" };

static const struct {
    const char        *why;
    struct fst_storing in;
    const char        *lines; /* one after another; NULL: refused */
} rows[] = {
    { "nothing", { 0 }, "" },
    { "SSE-S3", { .sse = "AES256" }, "x-amz-server-side-encryption: AES256\n" },
    { "SSE-KMS", { .sse = "aws:kms", .sse_kms_key_id = "alias/k", .sse_kms_context = "{\"a\":\"b\"}" },
      "x-amz-server-side-encryption: aws:kms\nx-amz-server-side-encryption-aws-kms-key-id: alias/k\n"
      "x-amz-server-side-encryption-context: eyJhIjoiYiJ9\n" },
    { "a key without KMS", { .sse = "AES256", .sse_kms_key_id = "alias/k" }, NULL },
    { "a context without KMS", { .sse_kms_context = "{}" }, NULL },
    { "a context of numbers", { .sse = "aws:kms", .sse_kms_context = "{\"a\":1}" }, NULL },
    { "a context that is no JSON", { .sse = "aws:kms", .sse_kms_context = "a=b" }, NULL },
    { "a class", { .storage_class = "STANDARD_IA" }, "x-amz-storage-class: STANDARD_IA\n" },
    { "an archive", { .storage_class = "DEEP_ARCHIVE" }, NULL },
    { "tags", { .tags = tags, .tag_count = 3 }, "x-amz-tagging: stage=test&team=Genomics%20%26%20Co&empty=\n" },
    { "more tags than ten", { .tags = many, .tag_count = 11 }, NULL },
    { "a tag without a value", { .tags = no_equals, .tag_count = 1 }, NULL },
    { "a tag without a key", { .tags = no_key, .tag_count = 1 }, NULL },
    { "metadata", { .metadata = metadata, .metadata_count = 2 }, "x-amz-meta-source: Synthea 3.3\nx-amz-meta-run: 2026-11\n" },
    { "more metadata than sixteen", { .metadata = many, .metadata_count = 17 }, NULL },
    { "a name that is none", { .metadata = bad_name, .metadata_count = 1 }, NULL },
    { "a value that goes on as a header", { .metadata = bad_value, .metadata_count = 1 }, NULL },
    { "a key id that goes on as a header", { .sse = "aws:kms", .sse_kms_key_id = "k\r\nx: y" }, NULL },
};

static void headers(void **state)
{
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        struct fst_s3_storing out;
        struct fst_arena      strings;
        struct fst_error      err = { 0 };
        char                  lines[1024] = "";
        enum fst_status       st;
        fst_arena_init(&strings, 0);
        st = fst_s3_storing_build(&out, &rows[i].in, &strings, &err);
        for (size_t k = 0; k < out.count && !st; k++)
            snprintf(lines + strlen(lines), sizeof lines - strlen(lines), "%s\n", out.headers[k]);
        if (rows[i].lines ? st || strcmp(lines, rows[i].lines) != 0 : st != FST_EUSAGE)
            fail_msg("%s: %d %s%s", rows[i].why, st, lines, err.text);
        fst_arena_clear(&strings);
    }
}

FST_TESTS(cmocka_unit_test(headers))
