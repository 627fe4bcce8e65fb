/* serve/local_service.h — a local service of a test's own, and a client of it that knows no environment. */
#ifndef FST_TESTS_LOCAL_SERVICE_H
#define FST_TESTS_LOCAL_SERVICE_H

#include "test.h"

#include <stdlib.h>

#include "base/file.h"
#include "fhirstage/api.h"
#include "serve/serve.h"

struct local_service {
    char              dir[64];
    struct fst_serve *service;
    struct fst_env    env;
    struct fst_api    api;
};

static const char *no_variable(void *ctx, const char *name)
{
    return NULL;
}

static void local_service_start(struct local_service *s)
{
    struct fst_error      err = { 0 };
    struct fst_serve_opts opts = { .dir = s->dir, .env = &s->env };
    snprintf(s->dir, sizeof s->dir, "/tmp/fhirstage-service-XXXXXX");
    assert_non_null(mkdtemp(s->dir));
    s->env = *fst_env_real();
    s->env.getenv = no_variable;
    if (fst_serve_start(&s->service, &opts, &err))
        fail_msg("%s", err.text);
    struct fst_remote remote = { .endpoint_url = fst_serve_endpoint(s->service), .region = "us-east-1", .access_key_id = FST_SERVE_KEY_ID,
                                 .secret_access_key = FST_SERVE_SECRET };
    if (fst_api_open(&s->api, &remote, &s->env, NULL, &err))
        fail_msg("%s", err.text);
}

static void local_service_stop(struct local_service *s)
{
    struct fst_error err = { 0 };
    fst_api_close(&s->api);
    fst_serve_stop(s->service);
    assert_int_equal(fst_file_remove_tree(s->dir, &err), FST_OK);
}

#endif
