/* S3: conditional requests. */
#include <strings.h>

#include "base/str.h"
#include "serve/s3.h"

enum { SECOND_MS = 1000 };

static struct fst_view bare(struct fst_view v)
{
    if (fst_view_starts(v, "W/"))
        v = fst_view_from(v, 2);
    if (v.n > 1 && v.p[0] == '"' && v.p[v.n - 1] == '"')
        v = fst_view_n(v.p + 1, v.n - 2);
    return v;
}

bool fst_s3_same_etag(struct fst_view a, struct fst_view b)
{
    return fst_view_equal(bare(a), bare(b));
}

/* "*", or a list of entity tags. */
static bool lists_etag(struct fst_view list, struct fst_view etag)
{
    if (fst_view_is(list, "*"))
        return true;
    while (list.n) {
        const char     *comma = memchr(list.p, ',', list.n);
        struct fst_view one = comma ? fst_view_n(list.p, (size_t)(comma - list.p)) : list;
        list = fst_view_from(list, one.n + 1);
        while (one.n && one.p[0] == ' ')
            one = fst_view_from(one, 1);
        if (fst_s3_same_etag(one, etag))
            return true;
    }
    return false;
}

/* Times of HTTP are whole seconds; one that is not readable is as if it was not sent. */
static bool modified_since(struct fst_view time, int64_t modified, bool otherwise)
{
    int64_t ms;
    return fst_s3_parse_time(&ms, time) ? modified / SECOND_MS > ms / SECOND_MS : otherwise;
}

struct conditions {
    struct fst_view match, none_match, modified, unmodified;
};

/* RFC 9110 §13.2.2: an entity tag overrules the time beside it. */
static enum fst_s3_verdict judge(const struct conditions *c, const struct fst_s3_state *o, enum fst_s3_verdict unchanged)
{
    if (c->match.n ? !lists_etag(c->match, o->etag) : c->unmodified.n && modified_since(c->unmodified, o->modified, false))
        return FST_S3_FAILS;
    if (c->none_match.n ? lists_etag(c->none_match, o->etag) : c->modified.n && !modified_since(c->modified, o->modified, true))
        return unchanged;
    return FST_S3_GOES_ON;
}

enum fst_s3_verdict fst_s3_read_condition(const struct fst_exchange *x, const struct fst_s3_state *o)
{
    struct conditions c = { fst_exchange_header(x, "if-match"), fst_exchange_header(x, "if-none-match"),
                            fst_exchange_header(x, "if-modified-since"), fst_exchange_header(x, "if-unmodified-since") };
    return judge(&c, o, FST_S3_NOT_MODIFIED);
}

enum fst_s3_verdict fst_s3_source_condition(const struct fst_exchange *x, const struct fst_s3_state *o)
{
    struct conditions c = { fst_exchange_header(x, "x-amz-copy-source-if-match"), fst_exchange_header(x, "x-amz-copy-source-if-none-match"),
                            fst_exchange_header(x, "x-amz-copy-source-if-modified-since"),
                            fst_exchange_header(x, "x-amz-copy-source-if-unmodified-since") };
    return judge(&c, o, FST_S3_FAILS);
}

enum fst_s3_verdict fst_s3_write_condition(const struct fst_exchange *x, const struct fst_s3_state *o)
{
    struct conditions c = { .match = fst_exchange_header(x, "if-match"), .none_match = fst_exchange_header(x, "if-none-match") };

    if (!o->exists)
        return c.match.n ? FST_S3_IS_GONE : FST_S3_GOES_ON;
    return judge(&c, o, FST_S3_FAILS);
}

bool fst_s3_has_condition(const struct fst_s3_delete_condition *c)
{
    return c->etag.n || c->size.n || c->modified.n;
}

enum fst_s3_verdict fst_s3_delete_condition(const struct fst_s3_delete_condition *c, const struct fst_s3_state *o)
{
    uint64_t size;
    int64_t  ms;

    if (!o->exists)
        return FST_S3_GOES_ON;
    if ((c->etag.n && !lists_etag(c->etag, o->etag)) || (c->size.n && !(fst_parse_u64(&size, c->size) && size == o->size)) ||
        (c->modified.n && !(fst_s3_parse_time(&ms, c->modified) && ms / SECOND_MS == o->modified / SECOND_MS)))
        return FST_S3_FAILS;
    return FST_S3_GOES_ON;
}

bool fst_s3_answer_condition(struct fst_exchange *x, enum fst_s3_verdict v)
{
    if (v == FST_S3_NOT_MODIFIED)
        x->status = 304;
    else if (v == FST_S3_FAILS)
        fst_s3_refuse(x, FST_S3_PRECONDITION);
    else if (v == FST_S3_IS_GONE)
        fst_s3_refuse(x, FST_S3_NO_SUCH_KEY);
    return v != FST_S3_GOES_ON;
}
