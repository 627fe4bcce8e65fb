#include "serve/batch.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/grow.h"
#include "json/writer.h"

enum { CEILING = 1 << 30, TEXT_CEILING = 64 << 20, WORKERS_MAX = 64 };
enum state { EMPTY, FILLED, JUDGED };

#define EXTENSION_URL "urn:fhirstage:search-validation-failure"

struct worker {
    struct fst_batches   *ring;
    pthread_t             thread;
    struct fst_tape       tape;
    struct fst_validator *validator, *searchable; /* the second with `minimal`: what a search may stumble over */
    struct fst_buf        issues;                 /* of the resource at hand, JSON */
    struct fst_buf        text;
    struct fst_batch     *batch;
    uint64_t              line;
};

struct fst_batches {
    struct fst_batch *items;
    size_t            count;
    struct worker     workers[WORKERS_MAX];
    unsigned          worker_count;
    enum fst_level    level;
    pthread_mutex_t   lock;
    pthread_cond_t    changed;
    struct {
        size_t filled, begun, taken; /* batches so far */
        bool   closing;
    } synced;
};

/* ---- the logs' lines: {"lineId":3,"UpdateResourceResponse":{"jsonBlob":…,"statusCode":400}} */

static void add_log_line(struct fst_buf *log, uint64_t line, struct fst_view blob, const char *status)
{
    fst_buf_addf(log, "{\"lineId\":%llu,\"UpdateResourceResponse\":{\"jsonBlob\":", (unsigned long long)line);
    fst_buf_add_view(log, blob);
    fst_buf_addf(log, ",\"statusCode\":%s}}\n", status);
}

static void add_issue(struct fst_buf *issues, const char *severity, const char *code, struct fst_view text, struct fst_view place)
{
    fst_buf_addf(issues, "%s{\"severity\":\"%s\",\"code\":\"%s\",\"diagnostics\":", issues->len ? "," : "", severity, code);
    fst_json_quote(issues, text);
    if (place.n) {
        fst_buf_add_str(issues, ",\"location\":[");
        fst_json_quote(issues, place);
        fst_buf_add_char(issues, ']');
    }
    fst_buf_add_char(issues, '}');
}

static void add_outcome(struct worker *w, struct fst_buf *log)
{
    fst_buf_reset(&w->text);
    fst_buf_addf(&w->text, "{\"resourceType\":\"OperationOutcome\",\"issue\":[%s]}", fst_buf_str(&w->issues));
    add_log_line(log, w->line, fst_buf_view(&w->text), "400");
}

static void refuse(struct worker *w)
{
    w->batch->refused++;
    add_outcome(w, &w->batch->failure);
}

static void refuse_for(struct worker *w, const char *code, const char *what, const char *place)
{
    fst_buf_reset(&w->issues);
    add_issue(&w->issues, "error", code, fst_view_of(what), fst_view_of(place));
    refuse(w);
}

/* ---- judging */

/* An fst_issue_fn. */
static void note(void *ctx, const struct fst_issue *issue)
{
    struct worker *w = ctx;
    add_issue(&w->issues, fst_severity_name(issue->severity), fst_issue_code_name(issue->code), issue->text, issue->expression);
}

/* The resource with an extension that says what a search may not find it by. */
static void add_extension(struct worker *w, struct fst_view line, struct fst_batch_line *out)
{
    static const char open[] = "{\"url\":\"" EXTENSION_URL "\",\"valueBoolean\":true}";
    uint32_t          old = fst_tape_member(&w->tape, 0, "extension");
    struct fst_buf   *b = &w->batch->bodies;
    size_t            at = (old == FST_NO_NODE ? w->tape.nodes[0].off : w->tape.nodes[old].off) + 1; /* behind the bracket */
    bool              empty = old != FST_NO_NODE && !fst_node_count(&w->tape.nodes[old]);

    out->patched = b->len + 1;
    fst_buf_add(b, line.p, at);
    if (old == FST_NO_NODE)
        fst_buf_addf(b, "\"extension\":[%s],", open);
    else
        fst_buf_addf(b, "%s%s", open, empty ? "" : ",");
    fst_buf_add(b, line.p + at, line.n - at);
    out->body.n = b->len + 1 - out->patched;
}

static enum fst_status store(struct worker *w, struct fst_view line, fst_type type, struct fst_view id)
{
    struct fst_batch *b = w->batch;

    if (!fst_grow(&b->lines, b->count, &b->cap, sizeof *b->lines))
        return FST_ENOMEM;
    b->lines[b->count] = (struct fst_batch_line){ .body = line, .id = id, .type = type };
    if (w->searchable) {
        struct fst_verdict verdict;
        enum fst_status    st;
        fst_buf_reset(&w->issues);
        st = fst_validate(w->searchable, &w->tape, 0, note, w, &verdict);
        if (st)
            return st;
        if (!verdict.ok) {
            add_extension(w, line, &b->lines[b->count]);
            add_outcome(w, &b->search);
        }
    }
    if (b->lines[b->count].patched)
        line = fst_view_n(b->bodies.p + b->lines[b->count].patched - 1, b->lines[b->count].body.n);
    b->stored_bytes += line.n;
    b->count++;
    add_log_line(&b->success, w->line, line, "201");
    return FST_OK;
}

static enum fst_status judge_resource(struct worker *w, struct fst_view line)
{
    struct fst_verdict verdict;
    uint32_t           type = fst_tape_member(&w->tape, 0, "resourceType"), id = fst_tape_member(&w->tape, 0, "id");
    fst_type           known = FST_NO_TYPE;
    enum fst_status    st;

    if (type != FST_NO_NODE && fst_tape_kind(&w->tape, type) == FST_JSON_STRING)
        known = fst_type_find(fst_tape_raw(&w->tape, type));
    if (known == FST_NO_TYPE)
        refuse_for(w, "processing", "1 validation error detected: Value at 'resourceType' is no resource type of FHIR R4", "resourceType");
    else if (fst_type_support(known) != FST_TYPE_IMPORTED)
        refuse_for(w, "not-supported", "The resource type is not supported", "resourceType");
    else if (id == FST_NO_NODE)
        refuse_for(w, "processing", "Missing required id field in resource json", "id");
    else if (fst_tape_kind(&w->tape, id) != FST_JSON_STRING || !fst_id_is_valid(fst_tape_raw(&w->tape, id)))
        refuse_for(w, "processing", "1 validation error detected: Value at 'id' failed to satisfy constraint: Member must satisfy regular "
                   "expression pattern: [A-Za-z0-9-.]{1,64}", "id");
    else {
        fst_buf_reset(&w->issues);
        st = fst_validate(w->validator, &w->tape, 0, note, w, &verdict);
        if (st)
            return st;
        if (verdict.ok)
            return store(w, line, known, fst_tape_raw(&w->tape, id));
        refuse(w);
    }
    return FST_OK;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static enum fst_status judge_line(struct worker *w, struct fst_view line)
{
    struct fst_json_opts  opts = { .parser = FST_JSON_FAST };
    struct fst_json_error jerr;
    enum fst_status       st;

    while (line.n && is_space(line.p[line.n - 1]))
        line.n--;
    while (line.n && is_space(*line.p))
        line = fst_view_from(line, 1);
    if (!line.n)
        return FST_OK;
    w->batch->scanned++;
    st = fst_json_parse(&w->tape, line, &opts, &jerr);
    if (st == FST_EPARSE) {
        refuse_for(w, "invalid", "Invalid JSON found in input file", NULL);
        return FST_OK;
    }
    return st ? st : judge_resource(w, line);
}

static enum fst_status judge_lines(struct worker *w, struct fst_batch *b)
{
    struct fst_view rest = fst_buf_view(&b->text);
    enum fst_status st = FST_OK;

    w->batch = b;
    for (w->line = b->first_line; rest.n && !st; w->line++) {
        const char     *newline = memchr(rest.p, '\n', rest.n);
        struct fst_view line = newline ? fst_view_n(rest.p, (size_t)(newline - rest.p)) : rest;
        rest = fst_view_from(rest, line.n + 1);
        st = judge_line(w, line);
    }
    if (!st && b->is_over) {
        b->scanned++;
        refuse_for(w, "too-long", "The line is longer than a resource may be", NULL);
    }
    return st;
}

static void judge(struct worker *w, struct fst_batch *b)
{
    struct fst_buf *const logs[] = { &b->bodies, &b->success, &b->failure, &b->search };

    b->st = judge_lines(w, b);
    for (size_t i = 0; i < FST_COUNT(logs) && !b->st; i++)
        b->st = fst_buf_status(logs[i]);
    for (size_t i = 0; i < b->count; i++)
        if (b->lines[i].patched) /* now that the buffer does not move any more */
            b->lines[i].body.p = b->bodies.p + b->lines[i].patched - 1;
}

/* ---- the ring */

static void *work(void *arg)
{
    struct worker      *w = arg;
    struct fst_batches *r = w->ring;

    pthread_mutex_lock(&r->lock);
    for (;;) {
        struct fst_batch *b;
        while (r->synced.begun == r->synced.filled && !r->synced.closing)
            pthread_cond_wait(&r->changed, &r->lock);
        if (r->synced.closing)
            break;
        b = &r->items[r->synced.begun++ % r->count];
        pthread_mutex_unlock(&r->lock);
        judge(w, b);
        pthread_mutex_lock(&r->lock);
        b->state = JUDGED;
        pthread_cond_broadcast(&r->changed);
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

static void init_batch(struct fst_batch *b)
{
    fst_buf_init(&b->text, CEILING);
    fst_buf_init(&b->bodies, CEILING);
    fst_buf_init(&b->success, CEILING);
    fst_buf_init(&b->failure, CEILING);
    fst_buf_init(&b->search, CEILING);
}

static void clear_batch(struct fst_batch *b)
{
    free(b->lines);
    fst_buf_clear(&b->text);
    fst_buf_clear(&b->bodies);
    fst_buf_clear(&b->success);
    fst_buf_clear(&b->failure);
    fst_buf_clear(&b->search);
}

static void reset_batch(struct fst_batch *b)
{
    fst_buf_reset(&b->text);
    fst_buf_reset(&b->bodies);
    fst_buf_reset(&b->success);
    fst_buf_reset(&b->failure);
    fst_buf_reset(&b->search);
    b->count = 0;
    b->scanned = b->refused = b->stored_bytes = 0;
    b->is_last = b->is_over = false;
    b->st = FST_OK;
    b->state = EMPTY;
}

static enum fst_status start_worker(struct fst_batches *r, struct worker *w, struct fst_error *err)
{
    struct fst_validate_opts opts = { .level = r->level, .staged = true, .no_warnings = true };
    enum fst_status          st;

    w->ring = r;
    fst_buf_init(&w->issues, TEXT_CEILING);
    fst_buf_init(&w->text, TEXT_CEILING);
    st = fst_validator_new(&w->validator, &opts, err);
    opts.level = FST_LEVEL_STRUCTURE_ONLY;
    if (!st && r->level == FST_LEVEL_MINIMAL)
        st = fst_validator_new(&w->searchable, &opts, err);
    if (!st && pthread_create(&w->thread, NULL, work, w))
        st = fst_fail(err, FST_ENOMEM, "a thread could not be started");
    return st;
}

static void clear_worker(struct worker *w)
{
    fst_tape_clear(&w->tape);
    fst_validator_free(w->validator);
    fst_validator_free(w->searchable);
    fst_buf_clear(&w->issues);
    fst_buf_clear(&w->text);
}

enum fst_status fst_batches_open(struct fst_batches **out, enum fst_level level, unsigned workers, struct fst_error *err)
{
    struct fst_batches *r = calloc(1, sizeof *r);
    enum fst_status     st = FST_OK;

    *out = r;
    if (!r)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    workers = workers < WORKERS_MAX ? workers : WORKERS_MAX;
    r->level = level;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->changed, NULL);
    r->items = calloc(2 * workers + 2, sizeof *r->items);
    if (!r->items)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    r->count = 2 * workers + 2;
    for (size_t i = 0; i < r->count; i++)
        init_batch(&r->items[i]);
    while (r->worker_count < workers && !st) {
        st = start_worker(r, &r->workers[r->worker_count], err);
        if (st)
            clear_worker(&r->workers[r->worker_count]);
        else
            r->worker_count++;
    }
    return st;
}

void fst_batches_close(struct fst_batches *r)
{
    if (!r)
        return;
    pthread_mutex_lock(&r->lock);
    r->synced.closing = true;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    for (unsigned i = 0; i < r->worker_count; i++) {
        pthread_join(r->workers[i].thread, NULL);
        clear_worker(&r->workers[i]);
    }
    for (size_t i = 0; i < r->count; i++)
        clear_batch(&r->items[i]);
    free(r->items);
    pthread_mutex_destroy(&r->lock);
    pthread_cond_destroy(&r->changed);
    free(r);
}

struct fst_batch *fst_batches_empty(struct fst_batches *r)
{
    struct fst_batch *b = NULL;

    pthread_mutex_lock(&r->lock);
    if (r->synced.filled - r->synced.taken < r->count)
        b = &r->items[r->synced.filled % r->count];
    pthread_mutex_unlock(&r->lock);
    if (b)
        reset_batch(b);
    return b;
}

void fst_batches_submit(struct fst_batches *r)
{
    pthread_mutex_lock(&r->lock);
    r->items[r->synced.filled++ % r->count].state = FILLED;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
}

struct fst_batch *fst_batches_take(struct fst_batches *r, bool wait)
{
    struct fst_batch *b = NULL;

    pthread_mutex_lock(&r->lock);
    if (r->synced.taken < r->synced.filled)
        b = &r->items[r->synced.taken % r->count];
    while (b && wait && b->state != JUDGED)
        pthread_cond_wait(&r->changed, &r->lock);
    if (b && b->state != JUDGED)
        b = NULL;
    pthread_mutex_unlock(&r->lock);
    return b;
}

bool fst_batches_pending(struct fst_batches *r)
{
    bool pending;

    pthread_mutex_lock(&r->lock);
    pending = r->synced.taken < r->synced.filled;
    pthread_mutex_unlock(&r->lock);
    return pending;
}

void fst_batches_done(struct fst_batches *r)
{
    pthread_mutex_lock(&r->lock);
    r->synced.taken++;
    pthread_mutex_unlock(&r->lock);
}
