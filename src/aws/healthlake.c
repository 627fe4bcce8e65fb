#include "aws/healthlake.h"

#include <stdio.h>

#include "healthlake/model.h"

enum fst_status fst_healthlake_call(struct fst_aws *a, const char *operation, struct fst_view json, struct fst_tape *t,
                                    struct fst_error *err)
{
    char                   target[128];
    const char *const      headers[] = { "content-type: " FST_HEALTHLAKE_CONTENT_TYPE, target };
    struct fst_aws_request r = { .service = FST_SERVICE_HEALTHLAKE, .operation = operation, .method = "POST",
                                 .headers = headers, .header_count = FST_COUNT(headers), .body = json };
    struct fst_json_opts   opts = { .parser = FST_JSON_YAJL, .allow_duplicates = true };
    struct fst_json_error  jerr;
    enum fst_status        st;

    snprintf(target, sizeof target, "x-amz-target: " FST_HEALTHLAKE_TARGET_PREFIX "%s", operation);
    st = fst_aws_send(a, &r, err);
    if (st)
        return st;
    st = fst_json_parse(t, fst_buf_view(&a->resp.body), &opts, &jerr);
    if (st == FST_EPARSE)
        return fst_fail(err, st, "%s: the answer is no JSON: %s", operation, jerr.what);
    return st ? fst_fail(err, st, "out of memory") : FST_OK;
}
