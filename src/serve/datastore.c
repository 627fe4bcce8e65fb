/* Data stores: create, describe, list. */
#include <stdio.h>

#include "base/str.h"
#include "healthlake/encode.h"
#include "serve/api.h"

enum { MOST_RESULTS = 100 };

#define COLUMNS "id, name, status, created, region, request"

enum fst_status fst_api_datastore_number(struct fst_serve *s, struct fst_view id, int64_t *number, struct fst_error *err)
{
    return fst_db_int(s->db, number, 0, err, "SELECT number FROM datastore WHERE id = ?", "t", id);
}

static void write_ids(struct fst_serve *s, struct fst_json_writer *w, struct fst_view id, struct fst_view region)
{
    char text[256];

    fst_json_member_string(w, "DatastoreId", id);
    snprintf(text, sizeof text, "arn:aws:healthlake:%.*s:000000000000:datastore/fhir/%.*s", FST_VIEW_ARGS(region), FST_VIEW_ARGS(id));
    fst_json_member_str(w, "DatastoreArn", text);
}

static void write_endpoint(struct fst_serve *s, struct fst_json_writer *w, struct fst_view id)
{
    char text[256];
    snprintf(text, sizeof text, "%s/datastore/%.*s/r4/", s->endpoint, FST_VIEW_ARGS(id));
    fst_json_member_str(w, "DatastoreEndpoint", text);
}

/* What was asked for when it was created, and the default where nothing was. */
static void write_request(struct fst_json_writer *w, struct fst_view request)
{
    struct fst_tape       t = { 0 };
    struct fst_json_opts  opts = { .parser = FST_JSON_YAJL };
    struct fst_json_error jerr;

    if (!fst_json_parse(&t, request, &opts, &jerr)) {
        fst_api_copy_member(w, &t, 0, "DatastoreTypeVersion");
        if (fst_tape_member(&t, 0, "SseConfiguration") == FST_NO_NODE) {
            fst_json_name(w, "SseConfiguration");
            fst_json_raw(w, (struct fst_view)FST_VIEW("{\"KmsEncryptionConfig\":{\"CmkType\":\"AWS_OWNED_KMS_KEY\"}}"));
        } else {
            fst_api_copy_member(w, &t, 0, "SseConfiguration");
        }
        fst_api_copy_member(w, &t, 0, "PreloadDataConfig");
        if (fst_tape_member(&t, 0, "IdentityProviderConfiguration") == FST_NO_NODE) {
            fst_json_name(w, "IdentityProviderConfiguration");
            fst_json_raw(w, (struct fst_view)FST_VIEW("{\"AuthorizationStrategy\":\"AWS_AUTH\",\"FineGrainedAuthorizationEnabled\":false}"));
        } else {
            fst_api_copy_member(w, &t, 0, "IdentityProviderConfiguration");
        }
    }
    fst_tape_clear(&t);
}

struct listing {
    struct fst_serve       *s;
    struct fst_api_request *r;
    uint64_t                count, max;
    int64_t                 last; /* number of the last one written */
    bool                    more;
    struct fst_view         name, status; /* filters; empty: any */
    int64_t                 before, after;
};

static enum fst_status write_properties(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct listing         *l = ctx;
    struct fst_json_writer *w = &l->r->out;
    struct fst_view         id = fst_row_text(row, 0);

    if (l->count == l->max) {
        l->more = true;
        return FST_ELIMIT;
    }
    l->count++;
    fst_json_begin_object(w);
    write_ids(l->s, w, id, fst_row_text(row, 4));
    if (fst_row_text(row, 1).n)
        fst_json_member_string(w, "DatastoreName", fst_row_text(row, 1));
    fst_json_member_string(w, "DatastoreStatus", fst_row_text(row, 2));
    fst_api_time(w, "CreatedAt", fst_row_int(row, 3));
    write_endpoint(l->s, w, id);
    write_request(w, fst_row_text(row, 5));
    fst_json_end_object(w);
    l->last = fst_row_int(row, 6);
    return FST_OK;
}

struct same_token {
    bool found;
    char id[FST_HEX_ID];
};

static enum fst_status take_same(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct same_token *same = ctx;
    same->found = true;
    snprintf(same->id, sizeof same->id, "%.*s", FST_VIEW_ARGS(fst_row_text(row, 0)));
    return FST_OK;
}

/* The data store that was created with that token, else a new one. */
static enum fst_status find_or_insert(struct fst_serve *s, struct fst_api_request *r, struct fst_view token, struct fst_view name,
                                      char id[FST_HEX_ID], struct fst_error *err)
{
    struct same_token same = { 0 };
    enum fst_status   st = FST_OK;
    if (token.n)
        st = fst_db_run(s->db, take_same, &same, err, "SELECT id FROM datastore WHERE token = ?", "t", token);
    if (same.found)
        memcpy(id, same.id, FST_HEX_ID);
    else if (!st)
        st = fst_db_run(s->db, NULL, NULL, err, "INSERT INTO datastore (id, name, status, created, region, token, request) VALUES (?, ?, 'ACTIVE', ?, ?, ?, ?)",
                        "ttittt", fst_view_of(id), name, fst_serve_now_ms(s), r->region, token, fst_buf_view(&r->x->body));
    return st;
}

void fst_api_create_datastore(struct fst_serve *s, struct fst_api_request *r)
{
    struct fst_error err = { 0 };
    struct fst_buf   token, name;
    char             id[FST_HEX_ID];

    fst_buf_init(&token, FST_TEXT_CEILING);
    fst_buf_init(&name, FST_TEXT_CEILING);
    fst_buf_add_view(&token, fst_api_string(r, "ClientToken"));
    fst_buf_add_view(&name, fst_api_string(r, "DatastoreName"));
    fst_serve_id(s, id);
    if (fst_db_begin(s->db, &err) ||
        fst_db_end(s->db, find_or_insert(s, r, fst_buf_view(&token), fst_buf_view(&name), id, &err), &err)) {
        fst_api_failed(r, &err);
    } else {
        fst_json_begin_object(&r->out);
        write_ids(s, &r->out, fst_view_of(id), r->region);
        fst_json_member_str(&r->out, "DatastoreStatus", "CREATING");
        write_endpoint(s, &r->out, fst_view_of(id));
        fst_json_end_object(&r->out);
    }
    fst_buf_clear(&token);
    fst_buf_clear(&name);
}

void fst_api_describe_datastore(struct fst_serve *s, struct fst_api_request *r)
{
    struct fst_error err = { 0 };
    struct listing   l = { .s = s, .r = r, .max = 1 };
    struct fst_buf   id;
    enum fst_status  st;

    fst_buf_init(&id, FST_TEXT_CEILING);
    fst_buf_add_view(&id, fst_api_string(r, "DatastoreId"));
    fst_json_begin_object(&r->out);
    fst_json_name(&r->out, "DatastoreProperties");
    st = fst_db_run(s->db, write_properties, &l, &err, "SELECT " COLUMNS ", number FROM datastore WHERE id = ?", "t", fst_buf_view(&id));
    fst_json_end_object(&r->out);
    if (st)
        fst_api_failed(r, &err);
    else if (!l.count)
        fst_api_refuse(r, "ResourceNotFoundException", "There is no data store with that id.");
    fst_buf_clear(&id);
}

static int64_t filter_time(const struct fst_tape *t, uint32_t filter, const char *name, int64_t otherwise)
{
    uint32_t node = fst_tape_member(t, filter, name);
    int64_t  ms;
    return node != FST_NO_NODE && fst_decode_time_ms(&ms, t, node) ? ms : otherwise;
}

void fst_api_list_datastores(struct fst_serve *s, struct fst_api_request *r)
{
    struct fst_error err = { 0 };
    struct listing   l = { .s = s, .r = r, .max = MOST_RESULTS };
    uint32_t         filter = fst_tape_member(&r->tape, 0, "Filter");
    struct fst_buf   name, status;
    uint64_t         from = 0;
    enum fst_status  st;

    fst_buf_init(&name, FST_TEXT_CEILING);
    fst_buf_init(&status, FST_TEXT_CEILING);
    fst_buf_add_view(&name, fst_tape_member_string(&r->tape, filter, "DatastoreName", &r->scratch));
    fst_buf_add_view(&status, fst_tape_member_string(&r->tape, filter, "DatastoreStatus", &r->scratch));
    if (!fst_parse_u64(&l.max, fst_tape_raw(&r->tape, fst_tape_member(&r->tape, 0, "MaxResults"))))
        l.max = MOST_RESULTS;
    if (fst_api_string(r, "NextToken").n && !fst_parse_u64(&from, fst_api_string(r, "NextToken"))) {
        fst_api_refuse(r, "ValidationException", "NextToken is not one that this operation gave.");
        goto out;
    }
    fst_json_begin_object(&r->out);
    fst_json_name(&r->out, "DatastorePropertiesList");
    fst_json_begin_array(&r->out);
    st = fst_db_run(s->db, write_properties, &l, &err,
                    "SELECT " COLUMNS ", number FROM datastore WHERE number > ?1 AND (?2 = '' OR name = ?2) AND (?3 = '' OR status = ?3)"
                    " AND created < ?4 AND created > ?5 ORDER BY number", "ittii", (int64_t)from, fst_buf_view(&name), fst_buf_view(&status),
                    filter_time(&r->tape, filter, "CreatedBefore", INT64_MAX), filter_time(&r->tape, filter, "CreatedAfter", INT64_MIN));
    fst_json_end_array(&r->out);
    if (l.more) {
        char token[32];
        snprintf(token, sizeof token, "%lld", (long long)l.last);
        fst_json_member_str(&r->out, "NextToken", token);
    }
    fst_json_end_object(&r->out);
    if (st && st != FST_ELIMIT)
        fst_api_failed(r, &err);
out:
    fst_buf_clear(&name);
    fst_buf_clear(&status);
}
