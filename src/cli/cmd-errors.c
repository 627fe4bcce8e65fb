/* errors: the failures of an import, each taken back to where its resource came from. */
#include "base/buf.h"
#include "base/file.h"
#include "cli/options.h"
#include "cli/remote-opts.h"
#include "fhirstage/run.h"
#include "json/writer.h"

enum { LINE_MAX_BYTES = 1 << 28 };

struct errors_args {
    const char       *job, *datastore;
    bool              json, with_resource;
    struct fst_remote remote;
};

static const struct fst_opt errors_opts[] = {
    { 0, "job", FST_OPT_STRING, offsetof(struct errors_args, job), "ID", "the import job (default: that of DIR's run)" },
    { 0, "datastore", FST_OPT_STRING, offsetof(struct errors_args, datastore), "ID", "its data store (default: that of DIR's run)" },
    { 0, "with-resource", FST_OPT_FLAG, offsetof(struct errors_args, with_resource), NULL,
      "also give the resource as it was staged (it may be patient data)" },
    { 0, "json", FST_OPT_FLAG, offsetof(struct errors_args, json), NULL, "print one JSON array" },
    FST_REMOTE_OPTS(offsetof(struct errors_args, remote)),
    { 0 }
};

/* The lines of the staged files, read forward: failures come in the order of chunks and lines. */
struct staged {
    const char *dir;
    char        chunk[512];
    FILE       *file;
    uint64_t    line;
    char       *text;
    size_t      cap;
};

struct listing {
    const struct errors_args *args;
    struct staged             staged;
    struct fst_buf            out;
    struct fst_json_writer    w;
    uint64_t                  count;
};

static void staged_close(struct staged *s)
{
    if (s->file)
        fclose(s->file);
    s->file = NULL;
    s->line = 0;
}

/* The staged line, or an empty view where the folder is not there or has no such line. */
static struct fst_view staged_line(struct staged *s, const char *chunk, uint64_t line)
{
    ssize_t n = 0;
    if (!s->dir || !line)
        return (struct fst_view){ 0 };
    if (!s->file || strcmp(s->chunk, chunk) || line <= s->line) {
        struct fst_buf path;
        staged_close(s);
        fst_buf_init(&path, 1 << 16);
        snprintf(s->chunk, sizeof s->chunk, "%s", chunk);
        s->file = fopen(fst_path_join(&path, s->dir, chunk), "re");
        fst_buf_clear(&path);
    }
    while (s->file && s->line < line && (n = getline(&s->text, &s->cap, s->file)) > 0)
        s->line++;
    if (!s->file || s->line != line || n <= 0)
        return (struct fst_view){ 0 };
    return fst_view_n(s->text, (size_t)n - (s->text[n - 1] == '\n'));
}

static void add_json(struct listing *l, const struct fst_failure *f, struct fst_view resource)
{
    struct fst_json_writer *w = &l->w;
    fst_json_begin_object(w);
    fst_json_member_str(w, "file", f->source);
    if (f->source && f->entry >= 0)
        fst_json_member_u64(w, "entry", (uint64_t)f->entry);
    else if (f->source)
        fst_json_member_u64(w, "line", f->source_line);
    fst_json_member_str(w, "chunk", f->chunk);
    fst_json_member_u64(w, "chunkLine", f->line);
    fst_json_member_str(w, "severity", f->severity);
    fst_json_member_str(w, "code", f->code);
    fst_json_member_str(w, "location", f->location);
    fst_json_member_str(w, "diagnostics", f->diagnostics);
    if (f->status_code)
        fst_json_member_u64(w, "statusCode", (uint64_t)f->status_code);
    if (resource.n) {
        fst_json_name(w, "resource");
        fst_json_raw(w, resource);
    }
    fst_json_end_object(w);
}

static void add_text(struct listing *l, const struct fst_failure *f, struct fst_view resource)
{
    struct fst_buf *out = &l->out;
    if (f->source && f->entry >= 0)
        fst_buf_addf(out, "%s#entry[%lld]: ", f->source, (long long)f->entry);
    else if (f->source)
        fst_buf_addf(out, "%s:%llu: ", f->source, (unsigned long long)f->source_line);
    else
        fst_buf_addf(out, "%s:%llu: ", f->chunk ? f->chunk : "?", (unsigned long long)f->line);
    if (f->location && *f->location)
        fst_buf_addf(out, "%s: ", f->location);
    fst_buf_addf(out, "%s (%s, %s)\n", f->diagnostics ? f->diagnostics : "no diagnostics", f->severity ? f->severity : "error",
                 f->code ? f->code : "?");
    if (resource.n) {
        fst_buf_add_view(out, resource);
        fst_buf_add_char(out, '\n');
    }
}

/* An fst_failure_fn. */
static void list(void *ctx, const struct fst_failure *f)
{
    struct listing *l = ctx;
    struct fst_view resource = l->args->with_resource && f->chunk ? staged_line(&l->staged, f->chunk, f->line) : (struct fst_view){ 0 };
    l->count++;
    if (l->args->json)
        add_json(l, f, resource);
    else
        add_text(l, f, resource);
    fwrite(l->out.p ? l->out.p : "", 1, l->out.len, stdout);
    fst_buf_reset(&l->out);
}

static enum fst_status errors_run(struct fst_cli *cli, void *args, const char *const *operands, size_t count,
                                  struct fst_error *err)
{
    const struct errors_args    *a = args;
    struct listing               l = { .args = a, .staged.dir = count ? operands[0] : NULL };
    const struct fst_errors_opts opts = { .dir = l.staged.dir, .job_id = a->job, .datastore_id = a->datastore, .remote = a->remote };
    enum fst_status              st;
    if (!count && (!a->job || !a->datastore))
        return fst_fail_usage(err, "errors", "missing argument: DIR, or --job and --datastore");
    fst_buf_init(&l.out, LINE_MAX_BYTES);
    fst_json_writer_init(&l.w, &l.out, 2);
    if (a->json)
        fst_json_begin_array(&l.w);
    st = fst_errors(&opts, cli->env, list, &l, err);
    if (a->json)
        fst_json_end_array(&l.w);
    if (!st && a->json)
        fst_buf_add_char(&l.out, '\n');
    else if (!st && !l.count)
        fst_buf_add_str(&l.out, "no failures\n");
    if (!st)
        fputs(fst_buf_str(&l.out), stdout);
    staged_close(&l.staged);
    free(l.staged.text);
    fst_buf_clear(&l.out);
    return st;
}

static const struct fst_example examples[] = {
    { "fhirstage errors fhirstage-out", "of the run in that folder" },
    { "fhirstage errors staged --job 0123 --datastore 4567 --with-resource", "of any job, with the folder it was staged from" },
    { 0 }
};

const struct fst_cmd fst_cmd_errors = {
    .name = "errors", .args = "[DIR]", .summary = "tell which resources an import refused, and where they came from",
    .description =
        "Read the logs of an import job and list its failures, each with the file and line, or Bundle and entry, that the "
        "resource came from. That is known from DIR, the folder of the run, or the folder that was staged; without it the "
        "place in the staged file is given.",
    .opts = errors_opts, .args_size = sizeof(struct errors_args), .min_args = 0, .max_args = 1, .run = errors_run,
    .examples = examples
};
