/* Calls of the API over a carrier (fst_api_send_fn): check, encode, send; pages; waiting. */
#include "fhirstage/api.h"

#include <signal.h>

#include "healthlake/check.h"
#include "healthlake/encode.h"
#include "healthlake/fault.h"
#include "healthlake/rules.h"
#include "json/writer.h"

enum {
    ANSWER_MAX = 1 << 28,    /* bytes of an answer, or of all its pages */
    FIRST_POLL_MS = 250,
    LONGEST_POLL_MS = 30000,
    SLEEP_MS = 250,          /* between two looks at meter->stop */
    PATIENCE = 10            /* looks that may fail one after another */
};

void fst_api_answer_clear(struct fst_api_answer *answer)
{
    free(answer->json);
    *answer = (struct fst_api_answer){ 0 };
}

static const struct fst_env *env_of(const struct fst_api *api)
{
    return api->env ? api->env : fst_env_real();
}

static enum fst_status stopped(const struct fst_api *api)
{
    return api->meter ? fst_stopped_by(api->meter->stop, NULL) : FST_OK;
}

/* ---- one call */

static enum fst_status parse_request(struct fst_tape *t, struct fst_view request, const struct fst_model_operation *op,
                                     struct fst_error *err)
{
    struct fst_json_error jerr;
    enum fst_status       st;
    if (!request.n)
        request = fst_view_of("{}");
    st = fst_json_parse(t, request, &(struct fst_json_opts){ 0 }, &jerr);
    if (st == FST_EPARSE)
        return fst_fail(err, FST_EUSAGE, "%s: the request is not JSON: line %u: %s", op->name, jerr.line, jerr.what);
    if (st)
        return fst_fail(err, st, "%s: %s", op->name, fst_status_text(st));
    if (fst_tape_kind(t, 0) != FST_JSON_OBJECT)
        return fst_fail(err, FST_EUSAGE, "%s: the request is not a JSON object", op->name);
    return FST_OK;
}

static enum fst_status check_request(const struct fst_tape *t, const struct fst_model_operation *op, struct fst_error *err)
{
    struct fst_arena arena;
    struct fst_buf   text;
    fst_arena_init(&arena, 0);
    fst_buf_init(&text, ANSWER_MAX);
    struct fst_check_report report = { .arena = &arena };
    enum fst_status         st = fst_check(t, 0, op->input, FST_CHECK_TIME_TEXT, &report);
    if (st) {
        st = fst_fail(err, st, "%s: %s", op->name, fst_status_text(st));
    } else if (report.count == 1) {
        st = fst_fail(err, FST_EUSAGE, "%s: %s", op->name, report.first->message);
    } else if (report.count) {
        fst_check_message(&report, &text);
        st = fst_fail(err, FST_EUSAGE, "%s: %s", op->name, fst_buf_str(&text));
    } else if (!fst_rules_check(t, &text)) {
        st = fst_fail(err, FST_EUSAGE, "%s: %s", op->name, fst_buf_str(&text));
    }
    if (st == FST_EUSAGE)
        fst_error_hint(err, "nothing was sent; the service's own judgement can be had with --no-check");
    fst_buf_clear(&text);
    fst_arena_clear(&arena);
    return st;
}

enum fst_status fst_api_check(const struct fst_model_operation *op, struct fst_view request, struct fst_error *err)
{
    struct fst_tape t = { 0 };
    enum fst_status st = parse_request(&t, request, op, err);
    if (!st)
        st = check_request(&t, op, err);
    fst_tape_clear(&t);
    return st;
}

/* A call whose refusal is in answer->fault, with or without words in err. */
static enum fst_status call(const struct fst_api *api, const struct fst_model_operation *op, struct fst_view request,
                            struct fst_api_answer *answer, struct fst_error *err)
{
    struct fst_tape t = { 0 };
    struct fst_buf  body;
    fst_buf_init(&body, ANSWER_MAX);
    fst_api_answer_clear(answer);
    if (err)
        *err = (struct fst_error){ 0 };
    enum fst_status st = parse_request(&t, request, op, err);
    if (!st && !api->no_check)
        st = check_request(&t, op, err);
    if (!st) {
        fst_encode_request(&body, &t, 0, op, api->env);
        st = fst_buf_check(&body, err);
    }
    if (!st)
        st = api->send(api->ctx, op, fst_buf_view(&body), answer, err);
    if (st == FST_EINTR && stopped(api))
        st = stopped(api);
    fst_buf_clear(&body);
    fst_tape_clear(&t);
    return st;
}

static enum fst_status put_in_words(enum fst_status st, const struct fst_api_answer *answer, const struct fst_model_operation *op,
                                    struct fst_error *err)
{
    return st == FST_ESERVICE && err && !*err->text ? fst_fault_fail(&answer->fault, op->name, err) : st;
}

enum fst_status fst_api_call(const struct fst_api *api, const struct fst_model_operation *op, struct fst_view request,
                             struct fst_api_answer *answer, struct fst_error *err)
{
    return put_in_words(call(api, op, request, answer, err), answer, op, err);
}

static enum fst_status parse_answer(struct fst_tape *t, const struct fst_api_answer *answer, const struct fst_model_operation *op,
                                    struct fst_error *err)
{
    struct fst_view       json = answer->length ? fst_view_n(answer->json, answer->length) : fst_view_of("{}");
    struct fst_json_error jerr;
    enum fst_status       st = fst_json_parse(t, json, &(struct fst_json_opts){ .allow_duplicates = true }, &jerr);
    if (st == FST_EPARSE)
        return fst_fail(err, FST_EPARSE, "%s: the answer is not JSON: %s", op->name, jerr.what);
    if (st)
        return fst_fail(err, st, "%s: %s", op->name, fst_status_text(st));
    return fst_tape_kind(t, 0) == FST_JSON_OBJECT ? FST_OK : fst_fail(err, FST_EPARSE, "%s: the answer is not a JSON object", op->name);
}

/* ---- pages */

struct paging {
    const struct fst_model_operation *op;
    const struct fst_model_member    *items;
    uint64_t       max_items, count; /* wanted (0: all), had */
    uint64_t       page_size;        /* asked for; 0: the service's choice */
    struct fst_buf given;            /* the request's other members */
    struct fst_buf token, request;   /* of the next page */
    struct fst_buf list, others;     /* the answer: items; members beside them, from the first page */
};

static void paging_init(struct paging *p)
{
    struct fst_buf *const bufs[] = { &p->given, &p->token, &p->request, &p->list, &p->others };
    for (size_t i = 0; i < FST_COUNT(bufs); i++)
        fst_buf_init(bufs[i], ANSWER_MAX);
}

static enum fst_status paging_clear(struct paging *p, enum fst_status st, struct fst_error *err)
{
    struct fst_buf *const bufs[] = { &p->given, &p->token, &p->request, &p->list, &p->others };
    for (size_t i = 0; i < FST_COUNT(bufs); i++) {
        if (!st)
            st = fst_buf_check(bufs[i], err);
        fst_buf_clear(bufs[i]);
    }
    return st;
}

static void add_member(struct fst_buf *out, const struct fst_tape *t, uint32_t name)
{
    if (out->len)
        fst_buf_add_char(out, ',');
    fst_json_minify(out, t, name);
    fst_buf_add_char(out, ':');
    fst_json_minify(out, t, name + 1);
}

/* What of the request goes into every page's, and how it says to page. */
static void read_request(struct paging *p, const struct fst_tape *t)
{
    FST_EACH_MEMBER(t, 0, name) {
        bool size = fst_tape_string_is(t, name, "MaxResults"), token = fst_tape_string_is(t, name, "NextToken");
        if (token && fst_tape_kind(t, name + 1) == FST_JSON_STRING)
            fst_json_minify(&p->token, t, name + 1);
        else if (size && fst_tape_kind(t, name + 1) == FST_JSON_NUMBER)
            p->page_size = strtoull(fst_tape_raw(t, name + 1).p, NULL, 10);
        else
            add_member(&p->given, t, name);
    }
}

static void make_request(struct paging *p)
{
    uint64_t left = p->max_items - p->count, size = p->page_size;
    if (p->max_items) {
        const struct fst_model_member *m = fst_model_member(p->op->input, fst_view_of("MaxResults"));
        if (!size && m)
            size = (uint64_t)m->shape->max;
        size = left < size ? left : size;
    }
    fst_buf_reset(&p->request);
    fst_buf_addf(&p->request, "{%s", fst_buf_str(&p->given));
    if (size)
        fst_buf_addf(&p->request, "%s\"MaxResults\":%llu", p->given.len ? "," : "", (unsigned long long)size);
    if (p->token.len)
        fst_buf_addf(&p->request, "%s\"NextToken\":%s", p->given.len || size ? "," : "", fst_buf_str(&p->token));
    fst_buf_add_char(&p->request, '}');
}

/* Take a page in. A token that comes again would go round for ever. */
static enum fst_status add_page(struct paging *p, const struct fst_tape *t, bool first, struct fst_error *err)
{
    struct fst_view last = fst_buf_view(&p->token), next = { 0 };
    FST_EACH_MEMBER(t, 0, name) {
        uint32_t value = name + 1;
        if (fst_tape_string_is(t, name, p->items->name)) {
            FST_EACH_ELEMENT(t, value, item) {
                if (p->max_items && p->count == p->max_items)
                    break;
                if (p->count++)
                    fst_buf_add_char(&p->list, ',');
                fst_json_minify(&p->list, t, item);
            }
        } else if (fst_tape_string_is(t, name, "NextToken")) {
            if (fst_tape_kind(t, value) == FST_JSON_STRING && fst_tape_raw(t, value).n) {
                struct fst_view raw = fst_tape_raw(t, value);
                next = fst_view_n(raw.p - 1, raw.n + 2); /* with its quotes */
            }
        } else if (first) {
            add_member(&p->others, t, name);
        }
    }
    if (next.n && fst_view_equal(next, last))
        return fst_fail(err, FST_EPARSE, "%s: the service answered twice with the same NextToken", p->op->name);
    fst_buf_reset(&p->token);
    fst_buf_add_view(&p->token, next);
    return FST_OK;
}

static void give_pages(struct paging *p, struct fst_api_answer *answer)
{
    struct fst_buf out;
    fst_buf_init(&out, ANSWER_MAX);
    fst_buf_addf(&out, "{\"%s\":[", p->items->name);
    fst_buf_add_view(&out, fst_buf_view(&p->list));
    fst_buf_add_char(&out, ']');
    if (p->others.len)
        fst_buf_addf(&out, ",%s", fst_buf_str(&p->others));
    if (p->token.len)
        fst_buf_addf(&out, ",\"NextToken\":%s", fst_buf_str(&p->token));
    fst_buf_add_char(&out, '}');
    fst_api_answer_clear(answer);
    answer->json = fst_buf_take(&out, &answer->length);
    fst_buf_clear(&out);
}

enum fst_status fst_api_pages(const struct fst_api *api, const struct fst_model_operation *op, struct fst_view request,
                              uint64_t max_items, struct fst_api_answer *answer, struct fst_error *err)
{
    struct paging   p = { .op = op, .items = fst_model_page_items(op), .max_items = max_items };
    struct fst_tape t = { 0 };
    enum fst_status st = parse_request(&t, request, op, err);
    if (!p.items)
        return fst_api_call(api, op, request, answer, err);
    paging_init(&p);
    if (!st)
        read_request(&p, &t);
    for (bool first = true; !st && (first || p.token.len) && (!max_items || p.count < max_items); first = false) {
        make_request(&p);
        st = fst_api_call(api, op, fst_buf_view(&p.request), answer, err);
        if (!st)
            st = parse_answer(&t, answer, op, err);
        if (!st)
            st = add_page(&p, &t, first, err);
        if (!st && p.token.len && stopped(api))
            st = fst_fail(err, stopped(api), "%s: %s", op->name, fst_status_text(stopped(api)));
    }
    if (!st) {
        give_pages(&p, answer);
        if (!answer->json)
            st = fst_fail(err, FST_ENOMEM, "%s: out of memory", op->name);
    }
    fst_tape_clear(&t);
    return paging_clear(&p, st, err);
}

/* ---- waiting */

/* The string at a path of members; empty when there is none. */
static struct fst_view string_at(const struct fst_tape *t, const char *path, struct fst_buf *scratch)
{
    uint32_t node = 0;
    while (*path && node != FST_NO_NODE) {
        char   name[64];
        size_t n = strcspn(path, ".");
        snprintf(name, sizeof name, "%.*s", (int)n, path);
        node = fst_tape_member(t, node, name);
        path += n + (path[n] == '.');
    }
    return node == FST_NO_NODE ? (struct fst_view){ 0 } : fst_tape_string(t, node, scratch);
}

enum verdict { GO_ON, THERE, NEVER };

/* Will it stay as it is, though no acceptor names it? A job that is over is over; a data store that is to be active and
 * failed won't be. */
static bool is_stuck(const struct fst_model_waiter *w, struct fst_view state)
{
    enum fst_job_status       job;
    enum fst_datastore_status store;
    if (fst_model_member_at(w->operation->output, w->path)->shape == fst_model_shape("JobStatus"))
        return fst_job_status_parse(&job, state) && fst_job_status_is_final(job);
    return !strcmp(w->acceptors[0].expected, "ACTIVE") && fst_datastore_status_parse(&store, state) &&
           fst_datastore_status_is_final(store);
}

static enum verdict judge(const struct fst_model_waiter *w, struct fst_view found, bool is_error)
{
    for (size_t i = 0; i < w->acceptor_count; i++)
        if (w->acceptors[i].is_error == is_error && fst_view_is(found, w->acceptors[i].expected))
            return w->acceptors[i].state == FST_WAIT_SUCCESS ? THERE : NEVER;
    return !is_error && is_stuck(w, found) ? NEVER : GO_ON;
}

static void sleep_for(const struct fst_api *api, int64_t ms)
{
    const struct fst_env *env = env_of(api);
    for (; ms > 0 && !stopped(api); ms -= SLEEP_MS)
        env->sleep_ms(env->ctx, ms < SLEEP_MS ? ms : SLEEP_MS);
}

struct waiting {
    const struct fst_api      *api;
    const struct fst_api_wait *wait;
    bool                       looked; /* it was there once */
    unsigned                   failures;
    char                       state[64];
};

/* An error instead of an answer: sat out, the end of the wait, or its failure. */
static enum fst_status bad_look(struct waiting *w, enum fst_status st, const struct fst_api_answer *answer, enum verdict *verdict,
                                struct fst_error *err)
{
    const struct fst_model_waiter *waiter = w->wait->waiter;
    struct fst_view                code = fst_view_of(answer->fault.code);
    *verdict = st == FST_ESERVICE ? judge(waiter, code, true) : GO_ON;
    /* The service forgets a deleted data store after a while. */
    if (*verdict == GO_ON && w->looked && !strcmp(waiter->acceptors[0].expected, "DELETED") && fst_view_is(code, "ResourceNotFoundException"))
        *verdict = THERE;
    if (*verdict == THERE)
        return FST_OK;
    if (*verdict == GO_ON && (st == FST_ENET || (st == FST_ESERVICE && fst_fault_passes(&answer->fault))) && ++w->failures < PATIENCE)
        return FST_OK;
    return put_in_words(st, answer, waiter->operation, err);
}

/* Why it ended so, if it says: a job's Message, a data store's ErrorCause. */
static enum fst_status ended(struct waiting *w, const struct fst_tape *t, struct fst_buf *scratch, struct fst_error *err)
{
    static const char *const reasons[] = { "Message", "ErrorCause.ErrorMessage" };
    const char              *path = w->wait->waiter->path;
    struct fst_view          why = { 0 };
    for (size_t i = 0; i < FST_COUNT(reasons) && !why.n; i++) {
        char reason[128];
        snprintf(reason, sizeof reason, "%.*s%s", (int)(strrchr(path, '.') + 1 - path), path, reasons[i]);
        why = string_at(t, reason, scratch);
    }
    return fst_fail(err, FST_EJOB, "%s: it is %s%s%.*s", w->wait->waiter->operation->name, w->state, why.n ? ": " : "", FST_VIEW_ARGS(why));
}

static enum fst_status look(struct waiting *w, struct fst_view request, struct fst_api_answer *answer, enum verdict *verdict,
                            struct fst_error *err)
{
    const struct fst_model_waiter *waiter = w->wait->waiter;
    struct fst_tape                t = { 0 };
    struct fst_buf                 scratch;
    enum fst_status                st = call(w->api, waiter->operation, request, answer, err);
    if (st)
        return bad_look(w, st, answer, verdict, err);
    fst_buf_init(&scratch, ANSWER_MAX);
    st = parse_answer(&t, answer, waiter->operation, err);
    if (!st) {
        struct fst_view state = string_at(&t, waiter->path, &scratch);
        snprintf(w->state, sizeof w->state, "%.*s", FST_VIEW_ARGS(state));
        *verdict = judge(waiter, state, false);
        w->looked = true;
        w->failures = 0;
        if (w->wait->seen)
            w->wait->seen(w->wait->ctx, w->state, fst_view_n(answer->json, answer->length));
        if (*verdict == NEVER)
            st = ended(w, &t, &scratch, err);
    }
    fst_buf_clear(&scratch);
    fst_tape_clear(&t);
    return st;
}

enum fst_status fst_api_wait(const struct fst_api *api, const struct fst_api_wait *wait, struct fst_view request,
                             struct fst_api_answer *answer, struct fst_error *err)
{
    const struct fst_env *env = env_of(api);
    struct waiting        w = { .api = api, .wait = wait };
    int64_t               start = env->mono_ms(env->ctx), longest = wait->poll_ms ? wait->poll_ms : LONGEST_POLL_MS;
    for (int64_t pause = FIRST_POLL_MS;; pause *= 2) {
        enum verdict    verdict = GO_ON;
        enum fst_status st = look(&w, request, answer, &verdict, err);
        if (st || verdict == THERE)
            return st;
        int64_t left = wait->timeout_ms - (env->mono_ms(env->ctx) - start);
        if (wait->timeout_ms && left <= 0)
            return fst_fail(err, FST_ETIMEOUT, "%s: still %s after %.1f s", wait->waiter->operation->name,
                            *w.state ? w.state : "not reached", (double)wait->timeout_ms / 1000);
        pause = pause < longest ? pause : longest;
        sleep_for(api, wait->timeout_ms && left < pause ? left : pause);
        if ((st = stopped(api)))
            return fst_fail(err, st, "%s: %s", wait->waiter->operation->name, fst_status_text(st));
    }
}
