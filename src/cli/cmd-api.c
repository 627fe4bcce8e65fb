/* api: call any operation of the service model, JSON in, JSON out. */
#include "base/file.h"
#include "cli/api-run.h"
#include "cli/options.h"
#include "cli/say.h"
#include "cli/table.h"
#include "json/writer.h"

#include <strings.h>
#include <unistd.h>

enum { REQUEST_MAX = 1 << 26, READ_BYTES = 1 << 16 };

static const struct fst_opt own_opts[] = {
    { 0, "list", FST_OPT_FLAG, offsetof(struct fst_api_args, list), NULL, "list the operations; with OPERATION, the members of its request" },
    { 0 }
};
static struct fst_opt api_opts[FST_API_OPTS_MAX];

__attribute__((constructor)) static void lay_out(void)
{
    fst_api_opts_common(api_opts, own_opts);
}

/* ---- --list */

static const char *kind_name(const struct fst_model_shape *s)
{
    static const char *const names[] = { "string", "enum", "integer", "long", "double", "boolean", "time", "list", "map", "structure" };
    return names[s->kind];
}

static void add_limits(struct fst_buf *out, const struct fst_model_shape *s)
{
    if (s->kind == FST_MODEL_STRUCTURE) {
        for (size_t i = 0; i < s->member_count; i++)
            fst_buf_addf(out, "%s%s%s", i ? ", " : "", s->members[i].name, s->members[i].flags & FST_MODEL_REQUIRED ? "*" : "");
        return;
    }
    for (size_t i = 0; s->values && s->values[i]; i++)
        fst_buf_addf(out, "%s%s", i ? "|" : "", s->values[i]);
    if (s->min != FST_MODEL_NO_MIN && s->max != FST_MODEL_NO_MAX)
        fst_buf_addf(out, "%lld to %lld", (long long)s->min, (long long)s->max);
}

static void list_members(struct fst_table *t, const struct fst_model_shape *s)
{
    struct fst_buf b;
    fst_buf_init(&b, 1 << 16);
    for (size_t i = 0; i < s->member_count; i++) {
        const struct fst_model_member *m = &s->members[i];
        fst_buf_reset(&b);
        fst_buf_addf(&b, "%s%s", m->name, m->flags & FST_MODEL_REQUIRED ? "*" : "");
        fst_table_add(t, fst_buf_str(&b));
        fst_table_add(t, kind_name(m->shape));
        fst_buf_reset(&b);
        add_limits(&b, m->shape);
        fst_table_add(t, fst_buf_str(&b));
        fst_table_add(t, m->doc);
    }
    fst_buf_clear(&b);
}

static enum fst_status list(const struct fst_model_operation *op, struct fst_error *err)
{
    struct fst_table t;
    struct fst_buf   out;
    fst_table_init(&t, op ? "llll" : "ll");
    fst_buf_init(&out, 1 << 20);
    if (op)
        list_members(&t, op->input);
    for (size_t i = 0; !op && i < fst_model_operation_count; i++) {
        fst_table_add(&t, fst_model_operations[i].name);
        fst_table_add(&t, fst_model_operations[i].doc);
    }
    fst_table_write(&t, &out, 0);
    fputs(fst_buf_str(&out), stdout);
    enum fst_status st = fst_buf_check(&out, err);
    fst_buf_clear(&out);
    fst_table_clear(&t);
    return st;
}

/* ---- a call */

static enum fst_status read_stdin(struct fst_buf *out, struct fst_error *err)
{
    ssize_t n;
    do {
        if (!fst_buf_reserve(out, READ_BYTES))
            return fst_buf_check(out, err);
        n = read(STDIN_FILENO, out->p + out->len, READ_BYTES);
        if (n > 0)
            out->len += (size_t)n;
    } while (n > 0);
    return n ? fst_fail_errno(err, "standard input") : FST_OK;
}

/* JSON as it is, @FILE, or '-' for standard input. */
static enum fst_status read_request(struct fst_buf *out, const char *operand, struct fst_error *err)
{
    if (!strcmp(operand, "-"))
        return read_stdin(out, err);
    if (*operand == '@')
        return fst_file_read(out, operand + 1, err);
    fst_buf_add_str(out, operand);
    return fst_buf_check(out, err);
}

static enum fst_status print_answer(const struct fst_api_answer *answer, struct fst_error *err)
{
    struct fst_tape       t = { 0 };
    struct fst_buf        out;
    struct fst_json_error jerr;
    struct fst_view       json = answer->length ? fst_view_n(answer->json, answer->length) : fst_view_of("{}");
    fst_buf_init(&out, SIZE_MAX / 2);
    enum fst_status st = fst_json_parse(&t, json, &(struct fst_json_opts){ .allow_duplicates = true }, &jerr);
    if (st == FST_OK) {
        fst_add_pretty_json(&out, &t, 0, 0);
        fst_buf_add_char(&out, '\n');
    } else { /* an event stream, say */
        fst_buf_add_view(&out, json);
    }
    fwrite(out.p, 1, out.len, stdout);
    st = fst_buf_check(&out, err);
    fst_buf_clear(&out);
    fst_tape_clear(&t);
    return st;
}

static enum fst_status call(struct fst_cli *cli, const struct fst_api_args *args, const struct fst_model_operation *op,
                            const char *operand, struct fst_error *err)
{
    struct fst_api        api = { 0 };
    struct fst_api_answer answer = { 0 };
    struct fst_buf        request;
    fst_buf_init(&request, REQUEST_MAX);
    enum fst_status st = read_request(&request, operand, err);
    if (!st)
        st = fst_api_connect(&api, cli, args, err);
    if (!st)
        st = fst_api_call(&api, op, fst_buf_view(&request), &answer, err);
    if (!st)
        st = print_answer(&answer, err);
    fst_api_answer_clear(&answer);
    fst_api_close(&api);
    fst_buf_clear(&request);
    return st;
}

static enum fst_status unknown(const char *name, struct fst_error *err)
{
    struct fst_suggestion s = { 0 };
    for (size_t i = 0; i < fst_model_operation_count; i++) {
        fst_suggest(&s, name, fst_model_operations[i].name);
        if (!strcasecmp(name, fst_model_operations[i].name))
            s.best = fst_model_operations[i].name;
    }
    (void)fst_fail_usage(err, "api", "no such operation '%.100s'", name);
    if (s.best)
        fst_error_hint(err, "did you mean '%s'?", s.best);
    else
        fst_error_hint(err, "'fhirstage api --list' lists them");
    return FST_EUSAGE;
}

static enum fst_status api_run(struct fst_cli *cli, void *args, const char *const *operands, size_t count, struct fst_error *err)
{
    const struct fst_api_args        *a = args;
    const struct fst_model_operation *op = count ? fst_model_operation(fst_view_of(operands[0])) : NULL;
    if (count && !op)
        return unknown(operands[0], err);
    if (a->list)
        return list(op, err);
    if (!op)
        return fst_fail_usage(err, "api", "missing argument: OPERATION");
    return call(cli, a, op, count > 1 ? operands[1] : "{}", err);
}

static const struct fst_example examples[] = {
    { "fhirstage api --list", "all operations" },
    { "fhirstage api --list StartFHIRImportJob", "what one takes; * is required" },
    { "fhirstage api ListFHIRDatastores '{\"Filter\":{\"DatastoreStatus\":\"ACTIVE\"}}'", "a call" },
    { "fhirstage api StartFHIRImportJob @job.json", "the request in a file" },
    { 0 }
};

const struct fst_cmd fst_cmd_api = {
    .name = "api", .args = "[OPERATION [JSON|@FILE|-]]", .summary = "call any HealthLake operation, JSON in, JSON out",
    .description =
        "Call an operation of HealthLake's API with a JSON object, given as it is, as @FILE or on standard input, and print the "
        "answer as JSON. The request is checked against the service's model before it is sent: every member that is unknown, "
        "missing or breaks a constraint is named.\n\n"
        "Times may be written as RFC 3339 texts or as seconds since 1970; the answer has them as the service writes them, in "
        "seconds. A ClientToken is made up where there is one and none is given. Members of the answer that the model does not "
        "know are printed all the same.",
    .opts = api_opts, .args_size = sizeof(struct fst_api_args), .min_args = 0, .max_args = 2, .run = api_run, .examples = examples
};
