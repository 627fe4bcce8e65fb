/* preflight: what would break an import an hour later, looked at now. */
#include "base/buf.h"
#include "base/file.h"
#include "cli/remote-opts.h"
#include "cli/say.h"
#include "cli/shape.h"
#include "fhirstage/preflight.h"
#include "json/writer.h"

enum { TEXT_CEILING = 1 << 20, NAME_WIDTH = 13 };

struct preflight_args {
    const char       *to, *output, *datastore, *role, *kms_key, *sse, *sse_kms_key_id;
    bool              json;
    uint64_t          max_job_files, max_job_bytes;
    struct fst_remote remote;
};

#define AT(field) offsetof(struct preflight_args, field)

static const struct fst_opt preflight_opts[] = {
    { 0, "to", FST_OPT_STRING, AT(to), "s3://BUCKET/PREFIX", "where the files will be staged", .required = true },
    { 0, "datastore", FST_OPT_STRING, AT(datastore), "ID", "the HealthLake data store to import into", .required = true },
    { 0, "role", FST_OPT_STRING, AT(role), "ARN", "the role with which HealthLake reads and writes the bucket", .required = true },
    { 0, "kms-key", FST_OPT_STRING, AT(kms_key), "ARN", "the key with which the job's output is encrypted", .required = true },
    { 0, "output", FST_OPT_STRING, AT(output), "s3://BUCKET/PREFIX", "where the job writes its logs (default PREFIX/output/)" },
    { 0, "sse", FST_OPT_STRING, AT(sse), NULL, "server-side encryption of the objects (default: the bucket's)", fst_sse_choices },
    { 0, "sse-kms-key-id", FST_OPT_STRING, AT(sse_kms_key_id), "KEY", "key for --sse=aws:kms (default: the bucket's, or AWS's own)" },
    FST_JOB_LIMIT_OPTS(AT(max_job_files), AT(max_job_bytes)),
    { 0, "json", FST_OPT_FLAG, AT(json), NULL, "print one JSON document" },
    FST_REMOTE_OPTS(AT(remote)),
    { 0 }
};

/* People see each line when it is known; the JSON document comes at the end. */
struct report {
    bool                   json;
    struct fst_buf         text;
    struct fst_json_writer w;
    unsigned               counts[FST_CHECK_CANT_TELL + 1];
};

static void on_check(void *ctx, const struct fst_check *c)
{
    struct report *r = ctx;

    r->counts[c->result]++;
    if (!r->json) {
        printf("%-10s  %-*s  %s\n", fst_check_result_name(c->result), NAME_WIDTH, c->name, c->what);
        if (c->remedy)
            printf("%-10s  %-*s  remedy: %s\n", "", NAME_WIDTH, "", c->remedy);
        fflush(stdout);
        return;
    }
    fst_json_begin_object(&r->w);
    fst_json_member_str(&r->w, "Check", c->name);
    fst_json_member_str(&r->w, "Result", fst_check_result_name(c->result));
    fst_json_member_str(&r->w, "What", c->what);
    fst_json_member_str(&r->w, "Remedy", c->remedy);
    fst_json_end_object(&r->w);
}

static void begin(struct report *r)
{
    fst_buf_init(&r->text, TEXT_CEILING);
    fst_json_writer_init(&r->w, &r->text, 2);
    fst_json_begin_object(&r->w);
    fst_json_name(&r->w, "Checks");
    fst_json_begin_array(&r->w);
}

static enum fst_status end(struct report *r, struct fst_error *err)
{
    fst_json_end_array(&r->w);
    fst_json_member_u64(&r->w, "Passed", r->counts[FST_CHECK_PASSED]);
    fst_json_member_u64(&r->w, "Failed", r->counts[FST_CHECK_FAILED]);
    fst_json_member_u64(&r->w, "CantTell", r->counts[FST_CHECK_CANT_TELL]);
    fst_json_end_object(&r->w);
    fst_buf_add_char(&r->text, '\n');
    if (r->json)
        fputs(fst_buf_str(&r->text), stdout);
    else
        printf("\n%u passed, %u failed, %u can't tell\n", r->counts[FST_CHECK_PASSED], r->counts[FST_CHECK_FAILED], r->counts[FST_CHECK_CANT_TELL]);
    return fst_buf_check(&r->text, err);
}

static enum fst_status preflight_run(struct fst_cli *cli, void *args, const char *const *operands, size_t count, struct fst_error *err)
{
    const struct preflight_args *a = args;
    struct fst_figures          *figures = calloc(1, sizeof *figures);
    struct report                r = { .json = a->json };
    struct fst_preflight_opts    opts = { .to = a->to, .output = a->output, .datastore_id = a->datastore, .role_arn = a->role, .kms_key = a->kms_key,
                                          .storing = { .sse = a->sse, .sse_kms_key_id = a->sse_kms_key_id }, .remote = a->remote, .meter = cli->meter,
                                          .max_job_files = a->max_job_files, .max_job_bytes = a->max_job_bytes };
    enum fst_status              st = figures ? FST_OK : fst_fail(err, FST_ENOMEM, "out of memory"), told;
    if (!st && count)
        st = fst_figures_load(figures, operands[0], err);
    if (!st) {
        opts.figures = count ? figures : NULL;
        begin(&r);
        st = fst_preflight(&opts, cli->env, on_check, &r, err);
        told = st && st != FST_ECONFIG ? FST_OK : end(&r, err);
        st = told ? told : st;
        fst_buf_clear(&r.text);
    }
    free(figures);
    return st;
}

static const struct fst_example examples[] = {
    { "fhirstage preflight staged --to s3://my-bucket/2026-11 --datastore 0123456789abcdef0123456789abcdef "
      "--role arn:aws:iam::111122223333:role/HealthLakeImport --kms-key arn:aws:kms:us-east-1:111122223333:key/ID",
      "with what will be imported, so that quotas are checked too" },
    { 0 }
};

const struct fst_cmd fst_cmd_preflight = {
    .name = "preflight", .args = "[DIR]", .summary = "check what an import needs before hours are spent",
    .description =
        "Look at each thing that breaks an import: credentials and who they are, the clock, the bucket and its region, writing, reading and "
        "deleting below the prefix with the encryption asked for, public access, the data store and its queue, the key, the role: its form, "
        "whom it trusts, whether it may be passed and what it may do; and, with a prepared DIR, the quotas of a job.\n\n"
        "Each check is a line: passed, failed, or can't tell, where the caller may not ask or the service has no answer. A remedy stands "
        "below, such as the policy statement to add. Exit code 1: a check failed. Nothing is left behind.",
    .opts = preflight_opts, .args_size = sizeof(struct preflight_args), .max_args = 1, .run = preflight_run, .examples = examples
};
