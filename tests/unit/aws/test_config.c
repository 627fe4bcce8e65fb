/* Region, endpoints and attempts: what wins over what. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "aws/config.h"
#include "base/file.h"

#define PROFILES "[default]\nregion = eu-west-1\nmax_attempts = 4\n" \
                 "[profile own]\nregion = eu-west-2\nservices = local\nendpoint_url = http://profile\ns3 =\n  addressing_style = virtual\n" \
                 "[profile plain]\naws_access_key_id = k\naws_secret_access_key = s\nregion = eu-west-2\nendpoint_url = http://profile/\n" \
                 "[profile fips]\nregion = us-east-1\nuse_fips_endpoint = true\nuse_dualstack_endpoint = true\n" \
                 "[services local]\ns3 =\n  endpoint_url = http://services-s3\n"

static const struct {
    const char *why;
    const char *variables[6]; /* "NAME=VALUE" */
    struct fst_remote remote;
    const char *region, *s3, *healthlake; /* region NULL: refused */
    unsigned    attempts;
    bool        virtual_host;
} rows[] = {
    { "the profile's region", { 0 }, { 0 }, "eu-west-1", "https://s3.eu-west-1.amazonaws.com", "https://healthlake.eu-west-1.amazonaws.com", 4 },
    { "a variable wins over the profile", { "AWS_DEFAULT_REGION=us-west-2", "AWS_MAX_ATTEMPTS=2" }, { 0 }, "us-west-2", "https://s3.us-west-2.amazonaws.com",
      "https://healthlake.us-west-2.amazonaws.com", 2 },
    { "AWS_REGION wins over AWS_DEFAULT_REGION", { "AWS_DEFAULT_REGION=us-west-2", "AWS_REGION=us-east-2" }, { 0 }, "us-east-2",
      "https://s3.us-east-2.amazonaws.com", "https://healthlake.us-east-2.amazonaws.com", 4 },
    { "an option wins over all", { "AWS_REGION=us-east-2", "AWS_ENDPOINT_URL_S3=http://variable", "AWS_MAX_ATTEMPTS=2" },
      { .region = "ap-south-1", .endpoint_url = "http://option/", .max_attempts = 7 }, "ap-south-1", "http://option", "http://option", 7 },
    { "a service's variable wins over the one for all", { "AWS_ENDPOINT_URL_S3=http://s3", "AWS_ENDPOINT_URL=http://all/" }, { 0 }, "eu-west-1", "http://s3",
      "http://all", 4 },
    { "variables win over the profile", { "AWS_PROFILE=own", "AWS_ENDPOINT_URL=http://all" }, { 0 }, "eu-west-2", "http://all", "http://all", 10, true },
    { "a services section wins over the profile's endpoint", { "AWS_PROFILE=own" }, { 0 }, "eu-west-2", "http://services-s3", "http://profile", 10, true },
    { "the profile's endpoint", { 0 }, { .profile = "plain" }, "eu-west-2", "http://profile", "http://profile", 10 },
    { "configured endpoints are not asked for", { "AWS_PROFILE=own", "AWS_ENDPOINT_URL=http://all", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true" }, { 0 },
      "eu-west-2", "https://s3.eu-west-2.amazonaws.com", "https://healthlake.eu-west-2.amazonaws.com", 10, true },
    { "but an option is", { "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true" }, { .endpoint_url = "http://option" }, "eu-west-1", "http://option", "http://option", 4 },
    { "FIPS and dual-stack of the profile", { "AWS_PROFILE=fips" }, { 0 }, "us-east-1", "https://s3-fips.dualstack.us-east-1.amazonaws.com",
      "https://healthlake-fips.us-east-1.api.aws", 10 },
    { "a variable unsets what the profile sets", { "AWS_PROFILE=fips", "AWS_USE_FIPS_ENDPOINT=false" }, { 0 }, "us-east-1",
      "https://s3.dualstack.us-east-1.amazonaws.com", "https://healthlake.us-east-1.api.aws", 10 },
    { "FIPS with an endpoint of one's own", { "AWS_USE_FIPS_ENDPOINT=true", "AWS_ENDPOINT_URL=http://all" }, { 0 }, NULL, NULL, NULL, 0 },
    { "an endpoint that is no URL", { "AWS_ENDPOINT_URL=all" }, { 0 }, NULL, NULL, NULL, 0 },
    { "a region that is a host", { "AWS_REGION=evil.example/" }, { 0 }, NULL, NULL, NULL, 0 },
    { "an account that is none", { 0 }, { .bucket_owner = "1234" }, NULL, NULL, NULL, 0 },
    { "a number of attempts that is none", { "AWS_MAX_ATTEMPTS=many" }, { 0 }, "eu-west-1", "https://s3.eu-west-1.amazonaws.com",
      "https://healthlake.eu-west-1.amazonaws.com", 10 },
};

struct variables {
    const char *const *set;
    char               config[64];
};

static const char *look_up(void *ctx, const char *name)
{
    const struct variables *v = ctx;
    size_t                  n = strlen(name);

    if (!strcmp(name, "AWS_CONFIG_FILE"))
        return v->config;
    if (!strcmp(name, "AWS_SHARED_CREDENTIALS_FILE"))
        return "/dev/null";
    if (!strcmp(name, "AWS_ACCESS_KEY_ID") || !strcmp(name, "AWS_SECRET_ACCESS_KEY"))
        return "key";
    for (size_t i = 0; i < 6 && v->set[i]; i++)
        if (!strncmp(v->set[i], name, n) && v->set[i][n] == '=')
            return v->set[i] + n + 1;
    return NULL;
}

static void what_wins(void **state)
{
    struct variables v = { .config = "/tmp/fhirstage-config-XXXXXX" };
    int              fd = mkstemp(v.config);

    assert_true(fd >= 0);
    assert_int_equal(fst_file_write_all(fd, PROFILES, strlen(PROFILES), v.config, NULL), FST_OK);
    close(fd);
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        struct fst_env        env = *fst_env_real();
        struct fst_remote     remote = rows[i].remote;
        struct fst_aws_config c;
        struct fst_error      err = { 0 };
        enum fst_status       st;
        v.set = rows[i].variables;
        env.getenv = look_up;
        env.ctx = &v;
        st = fst_aws_config_load(&c, &remote, &env, &err);
        if (!rows[i].region) {
            if (!st)
                fail_msg("%s: taken", rows[i].why);
            continue;
        }
        if (st || strcmp(c.region, rows[i].region) != 0 || strcmp(c.endpoint[FST_SERVICE_S3], rows[i].s3) != 0 ||
            strcmp(c.endpoint[FST_SERVICE_HEALTHLAKE], rows[i].healthlake) != 0 || c.max_attempts != rows[i].attempts)
            fail_msg("%s: %s%s %s %s %u", rows[i].why, err.text, st ? "" : c.region, st ? "" : c.endpoint[FST_SERVICE_S3],
                     st ? "" : c.endpoint[FST_SERVICE_HEALTHLAKE], c.max_attempts);
        assert_int_equal(c.virtual_host, rows[i].virtual_host);
        fst_aws_config_clear(&c);
    }
    unlink(v.config);
}

FST_TESTS(cmocka_unit_test(what_wins))
