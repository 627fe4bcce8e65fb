#include "cli/api-run.h"

#include "cli/api-show.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "json/writer.h"

enum { TEXT_MAX = 1 << 28 };

const struct fst_opt fst_api_wait_opts[] = {
    { 0, "timeout", FST_OPT_DURATION, offsetof(struct fst_api_args, timeout_ms), "TIME", "give up after TIME, such as 90s or 2h; the job goes on (default never)" },
    { 0, "poll", FST_OPT_DURATION, offsetof(struct fst_api_args, poll_ms), "TIME", "longest pause between two looks (default 30s)" },
    { 0 }
};

enum fst_status fst_api_connect(struct fst_api *api, struct fst_cli *cli, const struct fst_api_args *args, struct fst_error *err)
{
    enum fst_status st = fst_api_open(api, &args->remote, cli->env, cli->meter, err);
    api->no_check = args->no_check;
    return st;
}

/* ---- printing */

static void add_line(struct fst_buf *out, unsigned depth)
{
    fst_buf_addf(out, "\n%*s", (int)(2 * depth), "");
}

void fst_add_pretty_json(struct fst_buf *out, const struct fst_tape *t, uint32_t node, unsigned depth)
{
    enum fst_json_kind kind = fst_tape_kind(t, node);
    if (kind < FST_JSON_ARRAY || fst_tape_first(t, node) == FST_NO_NODE) {
        fst_json_minify(out, t, node);
        return;
    }
    fst_buf_add_char(out, kind == FST_JSON_ARRAY ? '[' : '{');
    for (uint32_t i = fst_tape_first(t, node), first = i; i != FST_NO_NODE; i = fst_tape_sibling(t, node, i)) {
        if (i != first)
            fst_buf_add_char(out, ',');
        add_line(out, depth + 1);
        if (kind == FST_JSON_OBJECT) {
            fst_json_minify(out, t, i++);
            fst_buf_add_str(out, ": ");
        }
        fst_add_pretty_json(out, t, i, depth + 1);
    }
    add_line(out, depth);
    fst_buf_add_char(out, kind == FST_JSON_ARRAY ? ']' : '}');
}

static enum fst_status add_json(struct fst_buf *out, struct fst_view json, struct fst_error *err)
{
    struct fst_tape       t = { 0 };
    struct fst_json_error jerr;
    enum fst_status       st = fst_json_parse(&t, json, &(struct fst_json_opts){ .allow_duplicates = true }, &jerr);
    if (!st)
        fst_add_pretty_json(out, &t, 0, 0);
    fst_buf_add_char(out, '\n');
    fst_tape_clear(&t);
    return st ? fst_fail(err, st, "the answer is not JSON: %s", st == FST_EPARSE ? jerr.what : fst_status_text(st)) : FST_OK;
}

/* A list of tags is a table too, though it has no pages. */
static const struct fst_model_member *table_of(const struct fst_model_operation *op)
{
    const struct fst_model_member *items = fst_model_page_items(op);
    return items ? items : fst_model_member(op->output, fst_view_of("Tags"));
}

static enum fst_status print(struct fst_cli *cli, const struct fst_api_args *args, const struct fst_model_operation *op,
                             const struct fst_api_answer *answer, struct fst_error *err)
{
    struct fst_buf  out;
    struct fst_view json = answer->length ? fst_view_n(answer->json, answer->length) : fst_view_of("{}");
    fst_buf_init(&out, TEXT_MAX);
    enum fst_status st = args->json ? add_json(&out, json, err)
                                    : fst_api_show(&out, op->output, table_of(op), json, cli->env->now_ms(cli->env->ctx), err);
    fputs(fst_buf_str(&out), stdout);
    if (!st && !out.len && table_of(op))
        fst_say(FST_SAY_NOTE, NULL, "there are none");
    fst_buf_clear(&out);
    return st;
}

/* ---- a call */

enum fst_status fst_api_run(struct fst_cli *cli, const struct fst_api_args *args, const char *operation, const char *const *operands,
                            size_t count, struct fst_error *err)
{
    const struct fst_model_operation *op = fst_model_operation(fst_view_of(operation));
    struct fst_api                    api = { 0 };
    struct fst_api_answer             answer = { 0 };
    struct fst_buf                    request;
    fst_buf_init(&request, TEXT_MAX);
    enum fst_status st = fst_api_request(&request, op, args, operands, count, err);
    if (!st)
        st = fst_api_connect(&api, cli, args, err);
    if (!st && fst_model_page_items(op) && !args->no_paginate)
        st = fst_api_pages(&api, op, fst_buf_view(&request), args->max_items, &answer, err);
    else if (!st)
        st = fst_api_call(&api, op, fst_buf_view(&request), &answer, err);
    if (!st)
        st = print(cli, args, op, &answer, err);
    fst_api_answer_clear(&answer);
    fst_api_close(&api);
    fst_buf_clear(&request);
    return st;
}

/* ---- a wait */

struct watch {
    struct fst_cli *cli;
    bool            import;
    char            state[64];
};

static uint64_t figure(const struct fst_tape *t, uint32_t report, const char *name, double scale)
{
    char     text[40];
    uint32_t node = fst_tape_member(t, report, name);
    snprintf(text, sizeof text, "%.*s", FST_VIEW_ARGS(fst_tape_raw(t, node)));
    return (uint64_t)(strtod(text, NULL) * scale);
}

/* The report's figures into the meter, for the display. */
static void read_report(struct fst_meter *m, struct fst_view answer)
{
    struct fst_tape       t = { 0 };
    struct fst_json_error jerr;
    if (!fst_json_parse(&t, answer, &(struct fst_json_opts){ .allow_duplicates = true }, &jerr)) {
        uint32_t report = fst_tape_member(&t, fst_tape_member(&t, 0, "ImportJobProperties"), "JobProgressReport");
        if (report != FST_NO_NODE) {
            m->files_total = figure(&t, report, "TotalNumberOfScannedFiles", 1);
            m->files = figure(&t, report, "TotalNumberOfImportedFiles", 1);
            m->bytes = figure(&t, report, "TotalSizeOfScannedFilesInMB", 1e6);
            m->resources = figure(&t, report, "TotalNumberOfResourcesImported", 1);
            m->rejected = figure(&t, report, "TotalNumberOfResourcesWithCustomerError", 1);
        }
    }
    fst_tape_clear(&t);
}

static void seen(void *ctx, const char *state, struct fst_view answer)
{
    struct watch *w = ctx;
    bool          changed = strcmp(state, w->state) != 0;
    snprintf(w->state, sizeof w->state, "%s", state);
    if (w->import) {
        const char *const *values = fst_model_shape("JobStatus")->values;
        for (int i = 0; values[i]; i++)
            if (!strcmp(values[i], state))
                w->cli->meter->job_status = i;
        read_report(w->cli->meter, answer);
    } else if (changed) {
        fst_say(FST_SAY_NOTE, NULL, "%s", state);
    }
}

static enum fst_status watch(struct fst_cli *cli, const struct fst_api *api, struct fst_api_wait *wait, struct fst_view request,
                             struct fst_api_answer *answer, struct fst_error *err)
{
    struct watch        w = { .cli = cli, .import = strstr(wait->waiter->name, "Import") != NULL };
    struct fst_progress progress = { 0 };
    wait->seen = seen;
    wait->ctx = &w;
    if (w.import) {
        cli->meter->stage = FST_STAGE_IMPORT;
        fst_progress_start(&progress, cli);
    }
    enum fst_status st = fst_api_wait(api, wait, request, answer, err);
    if (w.import)
        fst_progress_stop(&progress);
    if (!st && !strcmp(w.state, "COMPLETED_WITH_ERRORS"))
        st = fst_fail(err, FST_EREJECTED, "%s: the job is COMPLETED_WITH_ERRORS", wait->waiter->operation->name);
    return st;
}

enum fst_status fst_api_wait_run(struct fst_cli *cli, const struct fst_api_args *args, const char *waiter, struct fst_error *err)
{
    struct fst_api_wait   wait = { .waiter = fst_model_waiter(waiter), .timeout_ms = args->timeout_ms, .poll_ms = args->poll_ms };
    struct fst_api        api = { 0 };
    struct fst_api_answer answer = { 0 };
    struct fst_error      print_err = { 0 };
    struct fst_buf        request;
    fst_buf_init(&request, TEXT_MAX);
    enum fst_status st = fst_api_request(&request, wait.waiter->operation, args, NULL, 0, err);
    if (!st)
        st = fst_api_connect(&api, cli, args, err);
    if (!st)
        st = watch(cli, &api, &wait, fst_buf_view(&request), &answer, err);
    if (answer.json && print(cli, args, wait.waiter->operation, &answer, &print_err) && !st) {
        *err = print_err;
        st = print_err.status;
    }
    fst_api_answer_clear(&answer);
    fst_api_close(&api);
    fst_buf_clear(&request);
    return st;
}
