#include "test.h"

#include <stdio.h>

#include "aws/endpoint.h"
#include "base/file.h"
#include "json/tape.h"

/* What the services' own rule sets say. */
static const struct {
    enum fst_service service;
    const char      *region;
    bool             fips, dual_stack;
    const char      *url, *signing;
} rows[] = {
    { FST_SERVICE_HEALTHLAKE, "us-east-1", false, false, "https://healthlake.us-east-1.amazonaws.com", "us-east-1" },
    { FST_SERVICE_HEALTHLAKE, "us-west-2", true, false, "https://healthlake-fips.us-west-2.amazonaws.com", "us-west-2" },
    { FST_SERVICE_HEALTHLAKE, "eu-west-2", false, true, "https://healthlake.eu-west-2.api.aws", "eu-west-2" },
    { FST_SERVICE_HEALTHLAKE, "us-east-2", true, true, "https://healthlake-fips.us-east-2.api.aws", "us-east-2" },
    { FST_SERVICE_HEALTHLAKE, "cn-north-1", false, false, "https://healthlake.cn-north-1.amazonaws.com.cn", "cn-north-1" },
    { FST_SERVICE_HEALTHLAKE, "moon-base-1", false, false, "https://healthlake.moon-base-1.amazonaws.com", "moon-base-1" },
    { FST_SERVICE_S3, "ap-south-1", false, false, "https://s3.ap-south-1.amazonaws.com", "ap-south-1" },
    { FST_SERVICE_S3, "us-east-1", true, false, "https://s3-fips.us-east-1.amazonaws.com", "us-east-1" },
    { FST_SERVICE_S3, "us-east-1", false, true, "https://s3.dualstack.us-east-1.amazonaws.com", "us-east-1" },
    { FST_SERVICE_S3, "us-gov-west-1", true, true, "https://s3-fips.dualstack.us-gov-west-1.amazonaws.com", "us-gov-west-1" },
    { FST_SERVICE_S3, "eusc-de-east-1", false, true, "https://s3.dualstack.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1" },
    { FST_SERVICE_STS, "us-gov-west-1", true, false, "https://sts.us-gov-west-1.amazonaws.com", "us-gov-west-1" },
    { FST_SERVICE_STS, "us-iso-east-1", false, true, "https://sts.us-iso-east-1.api.aws.ic.gov", "us-iso-east-1" },
    { FST_SERVICE_KMS, "us-isob-east-1", true, false, "https://kms-fips.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1" },
    { FST_SERVICE_SSO, "eu-west-1", false, false, "https://portal.sso.eu-west-1.amazonaws.com", "eu-west-1" },
    { FST_SERVICE_IAM, "eu-west-1", false, false, "https://iam.amazonaws.com", "us-east-1" },
    { FST_SERVICE_IAM, "eu-west-1", true, false, "https://iam-fips.amazonaws.com", "us-east-1" },
    { FST_SERVICE_IAM, "eu-west-1", false, true, "https://iam.global.api.aws", "us-east-1" },
    { FST_SERVICE_IAM, "cn-northwest-1", false, false, "https://iam.cn-north-1.amazonaws.com.cn", "cn-north-1" },
    { FST_SERVICE_IAM, "us-gov-east-1", false, false, "https://iam.us-gov.amazonaws.com", "us-gov-west-1" },
};

static void hosts_follow_the_rules(void **state)
{
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        struct fst_endpoint_opts opts = { rows[i].fips, rows[i].dual_stack };
        struct fst_buf           url;
        fst_buf_init(&url, 1024);
        fst_endpoint_add(&url, rows[i].service, rows[i].region, &opts);
        if (strcmp(fst_buf_str(&url), rows[i].url) != 0)
            fail_msg("%s, not %s", url.p, rows[i].url);
        assert_string_equal(fst_endpoint_signing_region(rows[i].service, rows[i].region), rows[i].signing);
        fst_buf_clear(&url);
    }
}

static void names_of_regions(void **state)
{
    static const struct { const char *text; bool ok; } names[] = {
        { "us-east-1", true }, { "local", true }, { "", false }, { "a.b", false }, { "evil.example/", false }, { "-a", false },
        { "a-", false }, { "us east", false }, { "0123456789012345678901234567890123456789012345678901234567890123", false },
    };
    for (size_t i = 0; i < FST_COUNT(names); i++)
        if (fst_region_is_valid(fst_view_of(names[i].text)) != names[i].ok)
            fail_msg("'%s'", names[i].text);
}

static void check_partition(const struct fst_tape *t, uint32_t partition, struct fst_buf *scratch)
{
    uint32_t outputs = fst_tape_member(t, partition, "outputs"), regions = fst_tape_member(t, partition, "regions");

    FST_EACH_MEMBER(t, regions, region) {
        char                        name[64];
        const struct fst_partition *p;
        snprintf(name, sizeof name, "%.*s", FST_VIEW_ARGS(fst_tape_raw(t, region)));
        p = fst_partition_of(name);
        if (!fst_view_is(fst_tape_member_string(t, partition, "id", scratch), p->id))
            fail_msg("%s is not in %s", name, p->id);
        assert_true(fst_view_is(fst_tape_member_string(t, outputs, "dnsSuffix", scratch), p->dns_suffix));
        assert_true(fst_view_is(fst_tape_member_string(t, outputs, "dualStackDnsSuffix", scratch), p->dual_stack_suffix));
        assert_true(fst_view_is(fst_tape_member_string(t, outputs, "implicitGlobalRegion", scratch), p->global_region));
    }
}

static void partitions_are_the_published_ones(void **state)
{
    struct fst_buf        text, scratch;
    char                  path[1024];
    struct fst_tape       t = { 0 };
    struct fst_json_opts  opts = { .parser = FST_JSON_YAJL };
    struct fst_json_error jerr;

    if (!fst_testdata()) {
        print_message("SKIPPED partitions_are_the_published_ones: no TESTDATA\n");
        skip();
    }
    snprintf(path, sizeof path, "%s/aws/partitions.json", fst_testdata());
    if (!fst_file_exists(path)) {
        print_message("SKIPPED partitions_are_the_published_ones: no %s\n", path);
        skip();
    }
    fst_buf_init(&text, 1 << 20);
    fst_buf_init(&scratch, 1 << 16);
    assert_int_equal(fst_file_read(&text, path, NULL), FST_OK);
    assert_int_equal(fst_json_parse(&t, fst_buf_view(&text), &opts, &jerr), FST_OK);
    FST_EACH_ELEMENT(&t, fst_tape_member(&t, 0, "partitions"), partition)
        check_partition(&t, partition, &scratch);
    fst_tape_clear(&t);
    fst_buf_clear(&text);
    fst_buf_clear(&scratch);
}

FST_TESTS(cmocka_unit_test(hosts_follow_the_rules), cmocka_unit_test(names_of_regions), cmocka_unit_test(partitions_are_the_published_ones))
