#include "aws/query.h"

#include "sign/sigv4.h"

enum { FORM_CEILING = 1 << 20 };

void fst_query_add_document(struct fst_buf *out, struct fst_view encoded)
{
    fst_sign_decode(out, encoded);
}

enum fst_status fst_query_call(struct fst_aws *a, enum fst_service service, const char *operation, const char *version,
                               const struct fst_query_param *params, size_t count, bool anonymous, struct fst_error *err)
{
    static const char *const headers[] = { "content-type: application/x-www-form-urlencoded; charset=utf-8" };
    struct fst_buf           form;
    struct fst_aws_request   r = { .service = service, .operation = operation, .method = "POST", .headers = headers,
                                   .header_count = FST_COUNT(headers), .anonymous = anonymous };
    enum fst_status          st;

    fst_buf_init(&form, FORM_CEILING);
    fst_buf_addf(&form, "Action=%s&Version=%s", operation, version);
    for (size_t i = 0; i < count; i++) {
        if (!params[i].value.n)
            continue;
        fst_buf_addf(&form, "&%s=", params[i].name);
        fst_sign_encode(&form, params[i].value, false);
    }
    st = fst_buf_check(&form, err);
    r.body = fst_body_of(fst_buf_view(&form));
    if (!st)
        st = fst_aws_send(a, &r, err);
    if (form.p)
        explicit_bzero(form.p, form.len); /* it may hold a web identity's token */
    fst_buf_clear(&form);
    return st;
}
