/* validate: judge input where it lies. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/findings.h"
#include "cli/input.h"
#include "cli/progress.h"
#include "cli/remote-opts.h"
#include "cli/say.h"
#include "cli/shape.h"
#include "cli/table.h"
#include "cli/tally.h"
#include "fhirstage/profiles.h"
#include "fhirstage/validate.h"
#include "json/writer.h"

enum { TYPES_MAX = 20, LINE_MAX_BYTES = 64 << 20 };

struct validate_args {
    int         level, parser, unknown_profile;
    struct fst_strings profiles;
    bool        staged, syntax_only, json, include_values;
    const char *verdicts, *tmp_dir;
    uint64_t    max_issues, max_resource_bytes, jobs;
    struct fst_remote remote;
};

#define AT(field) offsetof(struct validate_args, field)

static const struct fst_opt validate_opts[] = {
    { 0, "level", FST_OPT_CHOICE, AT(level), NULL, "how closely resources are checked (default strict)", fst_level_choices },
    FST_PROFILE_OPTS(AT(profiles), AT(unknown_profile)),
    { 0, "staged", FST_OPT_FLAG, AT(staged), NULL, "judge lines as the import does: one resource a line, with an id" },
    { 0, "syntax-only", FST_OPT_FLAG, AT(syntax_only), NULL,
      "JSON alone: any value a line, or one document over many lines; duplicate keys pass" },
    { 0, "max-issues", FST_OPT_COUNT, AT(max_issues), "N", "most issues told of a resource (default 100)", .min = 1,
      .max = 100000 },
    { 0, "max-resource", FST_OPT_SIZE, AT(max_resource_bytes), "SIZE", "largest resource (default 192MiB)", .min = 1 },
    { 0, "verdicts", FST_OPT_STRING, AT(verdicts), "FILE",
      "write a JSON line for every input line or entry, in input order; '-' is standard output" },
    { 0, "json", FST_OPT_FLAG, AT(json), NULL, "print the summary as JSON" },
    { 0, "include-values", FST_OPT_FLAG, AT(include_values), NULL,
      "let messages show values of resources (they may be patient data)" },
    { 'j', "jobs", FST_OPT_COUNT, AT(jobs), "N", "threads (default: one a processor)", .min = 1, .max = 1024 },
    { 0, "tmp", FST_OPT_STRING, AT(tmp_dir), "DIR", "for temporary files (default: TMPDIR, or /tmp)" },
    { 0, "parser", FST_OPT_CHOICE, AT(parser), NULL, "which JSON parser reads (default fast)", fst_parser_choices },
    FST_REMOTE_OPTS(AT(remote)),
    { 0 }
};

struct report {
    FILE            *verdicts; /* NULL: none are asked for */
    const char      *path;
    struct fst_buf   line;
    struct fst_findings *findings;
    struct fst_tally rules, types;
    uint64_t         warnings, judged;
};

static bool is_error(const struct fst_issue *issue)
{
    return issue->severity >= FST_SEVERITY_ERROR;
}

/* ---- a verdict as a JSON line */

static void add_issue(struct fst_json_writer *w, const struct fst_issue *issue)
{
    fst_json_begin_object(w);
    fst_json_member_str(w, "severity", fst_severity_name(issue->severity));
    fst_json_member_str(w, "code", fst_issue_code_name(issue->code));
    fst_json_member_str(w, "rule", issue->rule);
    fst_json_member_string(w, "expression", issue->expression);
    fst_json_member_string(w, "diagnostics", issue->text);
    fst_json_end_object(w);
}

static enum fst_status write_verdict(struct report *r, const struct fst_judged *judged, struct fst_error *err)
{
    struct fst_json_writer w;
    fst_buf_reset(&r->line);
    fst_json_writer_init(&w, &r->line, 0);
    fst_json_begin_object(&w);
    fst_json_member_str(&w, "file", judged->file);
    if (judged->entry >= 0)
        fst_json_member_u64(&w, "entry", (uint64_t)judged->entry);
    else
        fst_json_member_u64(&w, "line", judged->line);
    fst_json_member_bool(&w, "ok", judged->ok);
    fst_json_name(&w, "issues");
    fst_json_begin_array(&w);
    for (size_t i = 0; i < judged->issue_count; i++)
        add_issue(&w, &judged->issues[i]);
    fst_json_end_array(&w);
    fst_json_end_object(&w);
    fst_buf_add_char(&r->line, '\n');
    if (fst_buf_check(&r->line, err))
        return fst_buf_status(&r->line);
    if (fwrite(r->line.p, 1, r->line.len, r->verdicts) != r->line.len)
        return fst_fail_errno(err, "%s", r->path);
    return FST_OK;
}

/* ---- for people */

/* An fst_where_fn. */
static void add_where(void *ctx, struct fst_buf *out)
{
    const struct fst_judged *judged = ctx;
    if (judged->entry >= 0)
        fst_buf_addf(out, "%s#entry[%lld]", judged->file, (long long)judged->entry);
    else
        fst_buf_addf(out, "%s:%llu", judged->file, (unsigned long long)judged->line);
}

static enum fst_status note(void *ctx, const struct fst_judged *judged, struct fst_error *err)
{
    struct report  *r = ctx;
    enum fst_status st = r->verdicts ? write_verdict(r, judged, err) : FST_OK;
    if (!st && judged->type)
        st = fst_tally_add(&r->types, judged->type, 1, !judged->ok, err);
    for (size_t i = 0; !st && i < judged->issue_count; i++) {
        const struct fst_issue *issue = &judged->issues[i];
        st = fst_tally_add(&r->rules, issue->rule, 1, is_error(issue), err);
        r->warnings += !is_error(issue);
        fst_findings_add(r->findings, issue, r->judged, add_where, (void *)judged);
    }
    r->judged++;
    return st;
}

static void add_tally(struct fst_buf *out, const struct fst_tally *tally, const char *name, const char *n, const char *bad,
                      bool bad_only)
{
    struct fst_table t;
    fst_table_init(&t, "lrr");
    fst_table_add(&t, name);
    fst_table_add(&t, n);
    fst_table_add(&t, bad);
    for (size_t i = 0; i < tally->count; i++) {
        if (bad_only && !tally->rows[i].bad)
            continue;
        fst_table_add(&t, tally->rows[i].name);
        fst_table_add_count(&t, tally->rows[i].n);
        fst_table_add_count(&t, tally->rows[i].bad);
    }
    if (t.count > t.columns) {
        fst_buf_add_char(out, '\n');
        fst_table_write(&t, out, 0);
    }
    fst_table_clear(&t);
}

static void add_text(struct fst_buf *out, struct report *r, const struct fst_validate_inputs_result *result)
{
    fst_findings_add_text(out, r->findings, "--verdicts FILE writes them all");
    add_tally(out, &r->rules, "rule", "issues", "errors", false);
    add_tally(out, &r->types, "type", "resources", "not valid", r->types.count > TYPES_MAX);
    if (out->len)
        fst_buf_add_char(out, '\n');
    fst_add_count(out, result->values);
    fst_buf_add_str(out, result->values == 1 ? " value: " : " values: ");
    fst_add_count(out, result->values - result->invalid);
    fst_buf_add_str(out, " valid, ");
    fst_add_count(out, result->invalid);
    fst_buf_addf(out, " not%s", r->warnings ? ", " : "\n");
    if (r->warnings) {
        fst_add_count(out, r->warnings);
        fst_buf_add_str(out, r->warnings == 1 ? " warning\n" : " warnings\n");
    }
    if (result->unknown_profiles) {
        fst_add_count(out, result->unknown_profiles);
        fst_buf_add_str(out, result->unknown_profiles == 1 ? " meta.profile that is not known\n" : " times a meta.profile that is not known\n");
    }
}

static void add_counts(struct fst_json_writer *w, const char *member, const struct fst_tally *tally, const char *n, const char *bad)
{
    fst_json_name(w, member);
    fst_json_begin_object(w);
    for (size_t i = 0; i < tally->count; i++) {
        fst_json_name(w, tally->rows[i].name);
        fst_json_begin_object(w);
        fst_json_member_u64(w, n, tally->rows[i].n);
        fst_json_member_u64(w, bad, tally->rows[i].bad);
        fst_json_end_object(w);
    }
    fst_json_end_object(w);
}

static void add_json(struct fst_buf *out, const struct report *r, const struct fst_validate_inputs_result *result)
{
    struct fst_json_writer w;
    fst_json_writer_init(&w, out, 2);
    fst_json_begin_object(&w);
    fst_json_member_u64(&w, "Values", result->values);
    fst_json_member_u64(&w, "Valid", result->values - result->invalid);
    fst_json_member_u64(&w, "Invalid", result->invalid);
    fst_json_member_u64(&w, "Warnings", r->warnings);
    fst_json_member_u64(&w, "UnknownProfiles", result->unknown_profiles);
    add_counts(&w, "ByRule", &r->rules, "Issues", "Errors");
    add_counts(&w, "ByResourceType", &r->types, "Resources", "Invalid");
    fst_json_name(&w, "Sources");
    fst_json_begin_object(&w);
    fst_json_member_u64(&w, "Read", result->sources - result->sources_without_fhir - result->sources_unread);
    fst_json_member_u64(&w, "WithoutFhir", result->sources_without_fhir);
    fst_json_member_u64(&w, "Unreadable", result->sources_unread);
    fst_json_member_u64(&w, "Bytes", result->input_bytes);
    fst_json_end_object(&w);
    fst_json_name(&w, "LocalThroughput");
    fst_json_double(&w, result->seconds > 0 ? (double)result->input_bytes / 1e6 / result->seconds : 0, 1);
    fst_json_end_object(&w);
    fst_buf_add_char(out, '\n');
}

static enum fst_status print_summary(struct report *r, const struct fst_validate_inputs_result *result, bool json,
                                     struct fst_error *err)
{
    struct fst_buf  out;
    enum fst_status st;
    fst_buf_init(&out, LINE_MAX_BYTES);
    fst_tally_sort(&r->rules);
    fst_tally_sort(&r->types);
    if (json)
        add_json(&out, r, result);
    else
        add_text(&out, r, result);
    fputs(fst_buf_str(&out), stdout);
    st = fst_buf_check(&out, err);
    fst_buf_clear(&out);
    return st;
}

/* ---- the command */

static enum fst_status open_verdicts(struct report *r, const char *path, struct fst_error *err)
{
    int fd;
    r->path = path;
    if (path && !strcmp(path, "-")) {
        r->path = "standard output";
        r->verdicts = stdout;
    } else if (path) {
        fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600); /* they are about patients */
        r->verdicts = fd >= 0 ? fdopen(fd, "w") : NULL;
        if (!r->verdicts)
            return fst_fail_errno(err, "%s", path);
    }
    return FST_OK;
}

static enum fst_status close_verdicts(struct report *r, enum fst_status st, struct fst_error *err)
{
    if (r->verdicts && r->verdicts != stdout && fclose(r->verdicts) && (!st || st == FST_EREJECTED))
        return fst_fail_errno(err, "%s", r->path);
    return st;
}

static enum fst_status validate_run(struct fst_cli *cli, void *args, const char *const *operands, size_t count,
                                    struct fst_error *err)
{
    const struct validate_args             *a = args;
    struct report                           r = { 0 };
    struct fst_validate_inputs_result       result = { 0 };
    struct fst_progress                     progress;
    enum fst_status                         st;
    struct fst_profiles                    *profiles;
    const struct fst_input                  in = { operands, count, a->remote, NULL, 0, a->jobs };
    struct fst_store                       *store = NULL;
    struct fst_validate_inputs_opts         opts = {
        .inputs = operands, .input_count = count, .level = (enum fst_level)a->level, .parser = (enum fst_parser)a->parser,
        .staged = a->staged, .syntax_only = a->syntax_only, .include_values = a->include_values,
        .unknown_profile = (enum fst_unknown_profile)a->unknown_profile,
        .max_issues = (unsigned)a->max_issues, .max_resource_bytes = a->max_resource_bytes, .tmp_dir = a->tmp_dir,
        .jobs = (unsigned)a->jobs, .meter = cli->meter, .notice = fst_say_notice,
    };
    fst_buf_init(&r.line, LINE_MAX_BYTES);
    r.findings = fst_findings_new();
    st = fst_profiles_load(&profiles, a->profiles.items, a->profiles.count, err);
    opts.profiles = profiles;
    if (!st)
        st = fst_input_open(&store, &in, cli, err);
    opts.store = store;
    if (!st)
        st = open_verdicts(&r, a->verdicts, err);
    if (!st) {
        fst_progress_start(&progress, cli);
        st = fst_validate_inputs(&opts, cli->env, note, &r, &result, err);
        fst_progress_stop(&progress);
        st = close_verdicts(&r, st, err);
    }
    if ((st == FST_OK || st == FST_EREJECTED || (st == FST_EINPUT && result.values)) && r.verdicts != stdout) {
        enum fst_status printed = print_summary(&r, &result, a->json, err);
        st = printed ? printed : st;
    }
    fst_tally_clear(&r.rules);
    fst_tally_clear(&r.types);
    fst_buf_clear(&r.line);
    fst_findings_free(r.findings);
    fst_profiles_free(profiles);
    fst_s3_store_close(store);
    return st;
}

static const struct fst_example examples[] = {
    { "fhirstage validate patients.ndjson bundles/", "the first issues, and how often which rule is broken" },
    { "fhirstage validate --verdicts - patients.ndjson | jq 'select(.ok | not)'", "a verdict a line" },
    { "fhirstage validate --staged staged/input", "what was prepared, as the import will judge it" },
    { 0 }
};

const struct fst_cmd fst_cmd_validate = {
    .name = "validate", .args = "INPUT...", .summary = "check resources against FHIR R4",
    .description =
        "Judge every line and every Bundle's entry, and write nothing but what is wrong. Exit code 3 says that a resource is "
        "not valid.\n\n"
        "A verdict line has the members file, line (physical, from 1) or entry (of a Bundle, from 0), ok, and issues, each "
        "with severity, code (of FHIR's issue-type), rule, expression (FHIRPath) and diagnostics. 'ok' is false if and only "
        "if an issue is an error or fatal. A line of an NDJSON file that is a Bundle is one resource.",
    .opts = validate_opts, .args_size = sizeof(struct validate_args), .min_args = 1, .max_args = SIZE_MAX, .run = validate_run,
    .examples = examples
};
