/* Data stores: create, restore, describe, list, update, delete. */
#include <stdio.h>

#include "base/str.h"
#include "serve/api.h"
#include "serve/lake.h"

#define COLUMNS "id, name, status, created, region, request, changes, error, number"

/* Configuration: UpdateFHIRDatastore's changes win over what it was created with; `otherwise` is what it is without
 * either (NULL: it is not told). */
static const struct { const char *name, *otherwise; } settings[] = {
    { "SseConfiguration", "{\"KmsEncryptionConfig\":{\"CmkType\":\"AWS_OWNED_KMS_KEY\"}}" },
    { "PreloadDataConfig", NULL },
    { "IdentityProviderConfiguration", "{\"AuthorizationStrategy\":\"AWS_AUTH\",\"FineGrainedAuthorizationEnabled\":false}" },
    { "NlpConfiguration", NULL },
    { "AnalyticsConfiguration", NULL },
    { "ProfileConfiguration", NULL },
};

enum fst_status fst_api_datastore_number(struct fst_serve *s, struct fst_view id, int64_t *number, struct fst_error *err)
{
    return fst_db_int(s->db, number, 0, err, "SELECT number FROM datastore WHERE id = ?", "t", id);
}

static enum fst_status take_status(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    enum fst_datastore_status *status = ctx;
    return fst_datastore_status_parse(status, fst_row_text(row, 0)) ? FST_OK : fst_fail(err, FST_EPARSE, "a data store's state is unknown");
}

static enum fst_status find_status(struct fst_serve *s, struct fst_view id, enum fst_datastore_status *status, struct fst_error *err)
{
    *status = FST_DATASTORE_DELETED;
    return fst_db_run(s->db, take_status, status, err, "SELECT status FROM datastore WHERE id = ?", "t", id);
}

static bool is_usable(enum fst_datastore_status status)
{
    return status == FST_DATASTORE_ACTIVE || status == FST_DATASTORE_UPDATING || status == FST_DATASTORE_UPDATE_FAILED;
}

bool fst_api_store_is_usable(struct fst_serve *s, struct fst_view id, const char **code, const char **why, struct fst_error *err)
{
    enum fst_datastore_status status;

    *code = *why = "";
    if (find_status(s, id, &status, err))
        return false;
    if (status == FST_DATASTORE_DELETED) {
        *code = "ResourceNotFoundException";
        *why = "There is no data store with that id.";
    } else if (!is_usable(status)) {
        *code = "FailedDependencyException";
        *why = "The data store is not ACTIVE.";
    }
    return !**code;
}

/* ---- describing */

static void write_ids(struct fst_json_writer *w, struct fst_view id, struct fst_view region)
{
    char text[256];

    fst_json_member_string(w, "DatastoreId", id);
    snprintf(text, sizeof text, "arn:aws:healthlake:%.*s:" FST_LAKE_ACCOUNT ":datastore/fhir/%.*s", FST_VIEW_ARGS(region), FST_VIEW_ARGS(id));
    fst_json_member_str(w, "DatastoreArn", text);
}

static void write_endpoint(struct fst_serve *s, struct fst_json_writer *w, struct fst_view id)
{
    char text[256];
    snprintf(text, sizeof text, "%s/datastore/%.*s/r4/", s->endpoint, FST_VIEW_ARGS(id));
    fst_json_member_str(w, "DatastoreEndpoint", text);
}

static void write_setting(struct fst_json_writer *w, const struct fst_tape *changes, const struct fst_tape *request, size_t i)
{
    if (fst_api_has(changes, 0, settings[i].name)) {
        fst_api_copy_member(w, changes, 0, settings[i].name);
    } else if (fst_api_has(request, 0, settings[i].name)) {
        fst_api_copy_member(w, request, 0, settings[i].name);
    } else if (settings[i].otherwise) {
        fst_json_name(w, settings[i].name);
        fst_json_raw(w, fst_view_of(settings[i].otherwise));
    }
}

static void write_backup(struct fst_json_writer *w, const struct fst_tape *from, int64_t created, int64_t now)
{
    uint32_t config = fst_tape_member(from, 0, "BackupConfiguration"), status = fst_tape_member(from, config, "Status");

    fst_json_name(w, "BackupStatusInfo");
    fst_json_begin_object(w);
    fst_json_name(w, "Configuration");
    fst_json_raw(w, fst_tape_raw(from, config));
    if (status != FST_NO_NODE && fst_tape_string_is(from, status, "ENABLED")) {
        fst_api_time(w, "BackupEnabledAt", created);
        fst_api_time(w, "EarliestRestorePoint", created);
        fst_api_time(w, "LatestRestorePoint", now);
    }
    fst_json_end_object(w);
}

static void write_settings(struct fst_serve *s, struct fst_json_writer *w, const struct fst_row *row)
{
    struct fst_tape       request = { 0 }, changes = { 0 };
    struct fst_json_opts  opts = { .parser = FST_JSON_YAJL };
    struct fst_json_error jerr;

    fst_json_member_str(w, "DatastoreTypeVersion", "R4");
    if (!fst_json_parse(&request, fst_row_text(row, 5), &opts, &jerr) && !fst_json_parse(&changes, fst_row_text(row, 6), &opts, &jerr)) {
        for (size_t i = 0; i < FST_COUNT(settings); i++)
            write_setting(w, &changes, &request, i);
        if (fst_api_has(&changes, 0, "BackupConfiguration"))
            write_backup(w, &changes, fst_row_int(row, 3), fst_serve_now_ms(s));
        else if (fst_api_has(&request, 0, "BackupConfiguration"))
            write_backup(w, &request, fst_row_int(row, 3), fst_serve_now_ms(s));
    }
    fst_tape_clear(&request);
    fst_tape_clear(&changes);
}

struct listing {
    struct fst_serve       *s;
    struct fst_api_request *r;
    struct fst_api_paging   paging;
};

static enum fst_status write_properties(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct listing         *l = ctx;
    struct fst_json_writer *w = &l->r->out;

    if (!fst_api_paging_take(&l->paging, fst_row_int(row, 8)))
        return FST_ELIMIT;
    fst_json_begin_object(w);
    write_ids(w, fst_row_text(row, 0), fst_row_text(row, 4));
    if (fst_row_text(row, 1).n)
        fst_json_member_string(w, "DatastoreName", fst_row_text(row, 1));
    fst_json_member_string(w, "DatastoreStatus", fst_row_text(row, 2));
    fst_api_time(w, "CreatedAt", fst_row_int(row, 3));
    write_endpoint(l->s, w, fst_row_text(row, 0));
    write_settings(l->s, w, row);
    if (fst_row_text(row, 7).n) {
        fst_json_name(w, "ErrorCause");
        fst_json_begin_object(w);
        fst_json_member_string(w, "ErrorMessage", fst_row_text(row, 7));
        fst_json_member_str(w, "ErrorCategory", "NON_RETRYABLE_ERROR");
        fst_json_end_object(w);
    }
    fst_json_end_object(w);
    return FST_OK;
}

/* {"DatastoreProperties":…}; refused when there is none. */
static void describe(struct fst_serve *s, struct fst_api_request *r, struct fst_view id)
{
    struct fst_error err = { 0 };
    struct listing   l = { .s = s, .r = r, .paging = { .max = 1 } };
    enum fst_status  st;

    fst_json_begin_object(&r->out);
    fst_json_name(&r->out, "DatastoreProperties");
    st = fst_db_run(s->db, write_properties, &l, &err, "SELECT " COLUMNS " FROM datastore WHERE id = ?", "t", id);
    fst_json_end_object(&r->out);
    if (st)
        fst_api_failed(r, &err);
    else if (!l.paging.count)
        fst_api_refuse(r, "ResourceNotFoundException", "There is no data store with that id.");
}

static void copy_id(struct fst_api_request *r, const char *member, char id[FST_HEX_ID])
{
    snprintf(id, FST_HEX_ID, "%.*s", FST_VIEW_ARGS(fst_api_string(r, member)));
}

void fst_api_describe_datastore(struct fst_serve *s, struct fst_api_request *r)
{
    char id[FST_HEX_ID];

    copy_id(r, "DatastoreId", id);
    describe(s, r, fst_view_of(id));
}

void fst_api_list_datastores(struct fst_serve *s, struct fst_api_request *r)
{
    struct fst_error err = { 0 };
    struct listing   l = { .s = s, .r = r };
    uint32_t         filter = fst_tape_member(&r->tape, 0, "Filter");
    struct fst_buf   name, status;
    enum fst_status  st;

    if (!fst_api_paging_read(&l.paging, r))
        return;
    fst_buf_init(&name, FST_TEXT_CEILING);
    fst_buf_init(&status, FST_TEXT_CEILING);
    fst_buf_add_view(&name, fst_tape_member_string(&r->tape, filter, "DatastoreName", &r->scratch));
    fst_buf_add_view(&status, fst_tape_member_string(&r->tape, filter, "DatastoreStatus", &r->scratch));
    fst_json_begin_object(&r->out);
    fst_json_name(&r->out, "DatastorePropertiesList");
    fst_json_begin_array(&r->out);
    st = fst_db_run(s->db, write_properties, &l, &err,
                    "SELECT " COLUMNS " FROM datastore WHERE number < ?1 AND (?2 = '' OR name = ?2) AND (?3 = '' OR status = ?3)"
                    " AND created < ?4 AND created > ?5 ORDER BY number DESC", "ittii", l.paging.below,
                    fst_buf_view(&name), fst_buf_view(&status), fst_api_time_member(&r->tape, filter, "CreatedBefore", INT64_MAX),
                    fst_api_time_member(&r->tape, filter, "CreatedAfter", INT64_MIN));
    fst_json_end_array(&r->out);
    fst_api_paging_end(&l.paging, r);
    fst_json_end_object(&r->out);
    if (st && st != FST_ELIMIT)
        fst_api_failed(r, &err);
    fst_buf_clear(&name);
    fst_buf_clear(&status);
}

/* ---- create and restore */

struct making {
    struct fst_api_same same;
    struct fst_buf      token, name;
    char                id[FST_HEX_ID];
    bool                full, fills; /* too many; a job is to fill it */
    enum fst_job_kind   kind;        /* that job's */
};

static int64_t due_ms(struct fst_serve *s)
{
    return fst_serve_now_ms(s) + s->opts.datastore_delay_ms;
}

static enum fst_status insert(struct fst_serve *s, struct fst_api_request *r, struct making *m, struct fst_error *err)
{
    struct fst_new_job job = { .kind = m->kind, .store_id = fst_view_of(m->id), .request = fst_buf_view(&r->x->body) };
    char               job_id[FST_HEX_ID];
    enum fst_status    st = fst_db_run(s->db, NULL, NULL, err, "INSERT INTO datastore (id, name, status, created, region, token, request, due)"
                                       " VALUES (?, ?, 'CREATING', ?, ?, ?, ?, ?)", "ttittti", fst_view_of(m->id), fst_buf_view(&m->name),
                                       fst_serve_now_ms(s), r->region, fst_buf_view(&m->token), fst_buf_view(&r->x->body), due_ms(s));
    fst_serve_id(s, job_id);
    if (!st)
        st = fst_api_add_tags(s, r, m->id, err);
    if (!st)
        st = fst_event_store(s, fst_view_of(m->id), err);
    if (!st && m->fills)
        st = fst_job_add(s, &job, job_id, err);
    return st;
}

static enum fst_status find_or_insert(struct fst_serve *s, struct fst_api_request *r, struct making *m, struct fst_error *err)
{
    struct fst_api_same_search search = { &m->same, &r->tape };
    int64_t                    n = 0;
    enum fst_status            st = FST_OK;

    if (m->token.len)
        st = fst_db_run(s->db, fst_api_take_same, &search, err, "SELECT id, status, request FROM datastore WHERE token = ?", "t", fst_buf_view(&m->token));
    if (st || m->same.found)
        return st;
    st = fst_db_int(s->db, &n, 0, err, "SELECT count(*) FROM datastore WHERE status <> 'DELETED'", "");
    m->full = n >= s->quota[FST_QUOTA_DATASTORES];
    return st || m->full ? st : insert(s, r, m, err);
}

static void answer_state(struct fst_serve *s, struct fst_api_request *r, struct fst_view id, const char *status)
{
    fst_json_begin_object(&r->out);
    write_ids(&r->out, id, r->region);
    fst_json_member_str(&r->out, "DatastoreStatus", status);
    write_endpoint(s, &r->out, id);
    fst_json_end_object(&r->out);
}

/* A row that is CREATING, and a job where there is something to fill it with. */
static void make(struct fst_serve *s, struct fst_api_request *r, struct making *m)
{
    struct fst_error err = { 0 };
    enum fst_status  st = fst_db_begin(s->db, &err);

    fst_api_same_init(&m->same);
    fst_buf_init(&m->token, FST_TEXT_CEILING);
    fst_buf_init(&m->name, FST_TEXT_CEILING);
    fst_buf_add_view(&m->token, fst_api_string(r, "ClientToken"));
    fst_buf_add_view(&m->name, fst_api_string(r, "DatastoreName"));
    fst_serve_id(s, m->id);
    if (!st)
        st = fst_db_end(s->db, find_or_insert(s, r, m, &err), &err);
    if (st)
        fst_api_failed(r, &err);
    else if (m->same.found && !m->same.is_same)
        fst_api_refuse(r, "ValidationException", "The ClientToken was used before, with another request.");
    else if (m->full)
        fst_api_refuse(r, "ValidationException", "There are as many data stores as there may be: delete one first.");
    else if (m->same.found)
        answer_state(s, r, fst_buf_view(&m->same.id), fst_buf_str(&m->same.status));
    else
        answer_state(s, r, fst_view_of(m->id), "CREATING");
    fst_serve_wake(s);
    fst_api_same_clear(&m->same);
    fst_buf_clear(&m->token);
    fst_buf_clear(&m->name);
}

void fst_api_create_datastore(struct fst_serve *s, struct fst_api_request *r)
{
    struct making m = { .fills = fst_api_has(&r->tape, 0, "PreloadDataConfig"), .kind = FST_KIND_PRELOAD };
    make(s, r, &m);
}

static enum fst_status take_backup(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    bool                 *enabled = ctx;
    struct fst_tape       t = { 0 };
    struct fst_json_opts  opts = { .parser = FST_JSON_YAJL };
    struct fst_json_error jerr;

    for (int i = 1; i >= 0; i--) { /* the request, then the changes, which win */
        uint32_t status;
        if (fst_json_parse(&t, fst_row_text(row, i), &opts, &jerr))
            continue;
        status = fst_tape_member(&t, fst_tape_member(&t, 0, "BackupConfiguration"), "Status");
        if (status != FST_NO_NODE)
            *enabled = fst_tape_string_is(&t, status, "ENABLED");
    }
    fst_tape_clear(&t);
    return FST_OK;
}

void fst_api_restore_datastore(struct fst_serve *s, struct fst_api_request *r)
{
    struct making             m = { .fills = true, .kind = FST_KIND_RESTORE };
    struct fst_error          err = { 0 };
    enum fst_datastore_status status;
    char                      source[FST_HEX_ID];
    bool                      enabled = false;

    copy_id(r, "SourceDatastoreId", source);
    if (find_status(s, fst_view_of(source), &status, &err) ||
        fst_db_run(s->db, take_backup, &enabled, &err, "SELECT changes, request FROM datastore WHERE id = ?", "t", fst_view_of(source)))
        fst_api_failed(r, &err);
    else if (status == FST_DATASTORE_DELETED)
        fst_api_refuse(r, "ResourceNotFoundException", "There is no data store with that id.");
    else if (!is_usable(status))
        fst_api_refuse(r, "ConflictException", "The data store is being created or deleted.");
    else if (!enabled)
        fst_api_refuse(r, "ValidationException", "The data store has no backup: its BackupConfiguration is not ENABLED.");
    else
        make(s, r, &m);
}

/* ---- update and delete */

/* May it be changed now? False: refused. */
static bool is_at_rest(struct fst_serve *s, struct fst_api_request *r, const char *id)
{
    enum fst_datastore_status status;
    struct fst_error          err = { 0 };

    if (find_status(s, fst_view_of(id), &status, &err))
        fst_api_failed(r, &err);
    else if (status == FST_DATASTORE_DELETED)
        fst_api_refuse(r, "ResourceNotFoundException", "There is no data store with that id.");
    else if (!fst_datastore_status_is_final(status))
        fst_api_refuse(r, "ConflictException", "The data store is being created, updated or deleted.");
    else
        return true;
    return false;
}

/* The members of the request over the changes that were there. */
static enum fst_status merge(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct listing        *l = ctx;
    struct fst_tape        old = { 0 };
    struct fst_json_opts   opts = { .parser = FST_JSON_YAJL };
    struct fst_json_error  jerr;
    struct fst_json_writer w;
    static const char *const changeable[] = { "AnalyticsConfiguration", "NlpConfiguration", "ProfileConfiguration",
                                              "IdentityProviderConfiguration", "BackupConfiguration" };

    if (fst_json_parse(&old, fst_row_text(row, 0), &opts, &jerr))
        return fst_fail(err, FST_EPARSE, "a data store's settings cannot be read");
    fst_buf_reset(&l->r->scratch);
    fst_json_writer_init(&w, &l->r->scratch, 0);
    fst_json_begin_object(&w);
    for (size_t i = 0; i < FST_COUNT(changeable); i++)
        fst_api_copy_member(&w, fst_api_has(&l->r->tape, 0, changeable[i]) ? &l->r->tape : &old, 0, changeable[i]);
    fst_json_end_object(&w);
    fst_tape_clear(&old);
    return FST_OK;
}

static enum fst_status update(struct fst_serve *s, struct fst_api_request *r, const char *id, struct fst_error *err)
{
    struct listing  l = { .s = s, .r = r };
    struct fst_buf  name;
    enum fst_status st;

    fst_buf_init(&name, FST_TEXT_CEILING);
    fst_buf_add_view(&name, fst_api_string(r, "DatastoreName"));
    st = fst_db_run(s->db, merge, &l, err, "SELECT changes FROM datastore WHERE id = ?", "t", fst_view_of(id));
    if (!st)
        st = fst_db_run(s->db, NULL, NULL, err, "UPDATE datastore SET changes = ?, status = 'UPDATING', due = ? WHERE id = ?", "tit",
                        fst_buf_view(&r->scratch), due_ms(s), fst_view_of(id));
    if (!st && name.len)
        st = fst_db_run(s->db, NULL, NULL, err, "UPDATE datastore SET name = ? WHERE id = ?", "tt", fst_buf_view(&name), fst_view_of(id));
    fst_buf_clear(&name);
    return st;
}

void fst_api_update_datastore(struct fst_serve *s, struct fst_api_request *r)
{
    struct fst_error err = { 0 };
    char             id[FST_HEX_ID];

    copy_id(r, "DatastoreId", id);
    if (!is_at_rest(s, r, id))
        return;
    if (fst_db_begin(s->db, &err) || fst_db_end(s->db, update(s, r, id, &err), &err)) {
        fst_api_failed(r, &err);
        return;
    }
    describe(s, r, fst_view_of(id));
    fst_serve_wake(s);
}

static enum fst_status delete(struct fst_serve *s, const char *id, bool *running, struct fst_error *err)
{
    struct fst_new_job job = { .kind = FST_KIND_DELETE, .store_id = fst_view_of(id), .request = fst_view_of("{}") };
    char               job_id[FST_HEX_ID];
    int64_t            n;
    enum fst_status    st = fst_db_int(s->db, &n, 0, err, "SELECT count(*) FROM job WHERE datastore = ? AND status IN ('IN_PROGRESS', 'CANCEL_SUBMITTED')", "t",
                                       fst_view_of(id));

    *running = n;
    if (st || n)
        return st;
    st = fst_db_run(s->db, NULL, NULL, err, "UPDATE job SET status = 'FAILED', message = 'The data store was deleted', ended = ?"
                    " WHERE datastore = ? AND status IN ('SUBMITTED', 'QUEUED')", "it", fst_serve_now_ms(s), fst_view_of(id));
    fst_serve_id(s, job_id);
    if (!st)
        st = fst_job_add(s, &job, job_id, err);
    return st ? st : fst_lake_set_status(s, fst_view_of(id), "DELETING", due_ms(s), err);
}

void fst_api_delete_datastore(struct fst_serve *s, struct fst_api_request *r)
{
    struct fst_error err = { 0 };
    char             id[FST_HEX_ID];
    bool             running = false;

    copy_id(r, "DatastoreId", id);
    if (!is_at_rest(s, r, id))
        return;
    if (fst_db_begin(s->db, &err) || fst_db_end(s->db, delete(s, id, &running, &err), &err))
        fst_api_failed(r, &err);
    else if (running)
        fst_api_refuse(r, "ConflictException", "A job runs in the data store.");
    else
        answer_state(s, r, fst_view_of(id), "DELETING");
    fst_serve_wake(s);
}
