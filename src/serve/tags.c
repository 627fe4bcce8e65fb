/* Tags of data stores, by their ARN. */
#include <stdio.h>

#include "serve/api.h"
#include "serve/lake.h"

enum { MOST_TAGS = 200 };

/* The data store's id in "arn:aws:healthlake:REGION:ACCOUNT:datastore/fhir/ID". False: refused. */
static bool find_store(struct fst_serve *s, struct fst_api_request *r, char id[FST_HEX_ID])
{
    struct fst_view  arn = fst_api_string(r, "ResourceARN");
    const char      *slash = arn.n ? memrchr(arn.p, '/', arn.n) : NULL;
    struct fst_view  store = slash ? fst_view_from(arn, (size_t)(slash - arn.p) + 1) : arn;
    struct fst_error err = { 0 };
    int64_t          n;

    snprintf(id, FST_HEX_ID, "%.*s", FST_VIEW_ARGS(store));
    if (fst_db_int(s->db, &n, 0, &err, "SELECT count(*) FROM datastore WHERE id = ? AND status <> 'DELETED'", "t", store)) {
        fst_api_failed(r, &err);
        return false;
    }
    if (!n)
        fst_api_refuse(r, "ResourceNotFoundException", "There is no data store with that ARN.");
    return n;
}

enum fst_status fst_api_add_tags(struct fst_serve *s, struct fst_api_request *r, const char *id, struct fst_error *err)
{
    uint32_t        tags = fst_tape_member(&r->tape, 0, "Tags");
    struct fst_buf  key, value;
    enum fst_status st = FST_OK;

    fst_buf_init(&key, FST_TEXT_CEILING);
    fst_buf_init(&value, FST_TEXT_CEILING);
    if (tags != FST_NO_NODE)
        FST_EACH_ELEMENT(&r->tape, tags, tag) {
            if (!st)
                st = fst_db_run(s->db, NULL, NULL, err, "INSERT OR REPLACE INTO tag VALUES (?, ?, ?)", "ttt", fst_view_of(id),
                                fst_tape_member_string(&r->tape, tag, "Key", &key), fst_tape_member_string(&r->tape, tag, "Value", &value));
        }
    fst_buf_clear(&key);
    fst_buf_clear(&value);
    return st;
}

static void answer_nothing(struct fst_api_request *r)
{
    fst_json_begin_object(&r->out);
    fst_json_end_object(&r->out);
}

void fst_api_tag(struct fst_serve *s, struct fst_api_request *r)
{
    struct fst_error err = { 0 };
    char             id[FST_HEX_ID];
    int64_t          n = 0;
    enum fst_status  st;

    if (!find_store(s, r, id))
        return;
    st = fst_db_begin(s->db, &err);
    if (!st) {
        st = fst_api_add_tags(s, r, id, &err);
        if (!st)
            st = fst_db_int(s->db, &n, 0, &err, "SELECT count(*) FROM tag WHERE datastore = ?", "t", fst_view_of(id));
        if (!st && n > MOST_TAGS)
            st = FST_ELIMIT;
        st = fst_db_end(s->db, st, &err);
    }
    if (st == FST_ELIMIT)
        fst_api_refuse(r, "ValidationException", "A data store has 200 tags at most.");
    else if (st)
        fst_api_failed(r, &err);
    else
        answer_nothing(r);
}

void fst_api_untag(struct fst_serve *s, struct fst_api_request *r)
{
    uint32_t         keys = fst_tape_member(&r->tape, 0, "TagKeys");
    struct fst_error err = { 0 };
    char             id[FST_HEX_ID];
    enum fst_status  st;

    if (!find_store(s, r, id))
        return;
    st = fst_db_begin(s->db, &err);
    if (!st) {
        FST_EACH_ELEMENT(&r->tape, keys, key)
            if (!st)
                st = fst_db_run(s->db, NULL, NULL, &err, "DELETE FROM tag WHERE datastore = ? AND key = ?", "tt", fst_view_of(id),
                                fst_tape_string(&r->tape, key, &r->scratch));
        st = fst_db_end(s->db, st, &err);
    }
    if (st)
        fst_api_failed(r, &err);
    else
        answer_nothing(r);
}

static enum fst_status write_tag(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct fst_json_writer *w = ctx;

    fst_json_begin_object(w);
    fst_json_member_string(w, "Key", fst_row_text(row, 0));
    fst_json_member_string(w, "Value", fst_row_text(row, 1));
    fst_json_end_object(w);
    return FST_OK;
}

void fst_api_list_tags(struct fst_serve *s, struct fst_api_request *r)
{
    struct fst_error err = { 0 };
    char             id[FST_HEX_ID];

    if (!find_store(s, r, id))
        return;
    fst_json_begin_object(&r->out);
    fst_json_name(&r->out, "Tags");
    fst_json_begin_array(&r->out);
    if (fst_db_run(s->db, write_tag, &r->out, &err, "SELECT key, value FROM tag WHERE datastore = ? ORDER BY key", "t", fst_view_of(id))) {
        fst_api_failed(r, &err);
        return;
    }
    fst_json_end_array(&r->out);
    fst_json_end_object(&r->out);
}
