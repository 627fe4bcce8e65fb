/* serve: the local HealthLake and S3 service on its own. */
#include "base/buf.h"
#include "base/str.h"
#include "cli/say.h"
#include "json/writer.h"
#include "serve/serve.h"

enum { LOOK_MS = 100, ADDRESS_MAX = 64 };

struct serve_args {
    const char *listen, *dir, *credentials;
    struct fst_strings faults, quotas, paces;
    int64_t            job_delay_ms, datastore_delay_ms;
};

#define AT(field) offsetof(struct serve_args, field)

static const struct fst_opt serve_opts[] = {
    { 0, "listen", FST_OPT_STRING, AT(listen), "ADDR:PORT", "where to listen; port 0 is any that is free (default 127.0.0.1:8200)" },
    { 0, "dir", FST_OPT_STRING, AT(dir), "DIR", "what is kept, created when it is not there (default fhirstage-serve)" },
    { 0, "credentials", FST_OPT_STRING, AT(credentials), "FILE",
      "key pairs that are accepted, in the format of ~/.aws/credentials, with aws_account_id for one of another account (default: the environment's, else local and local-secret)" },
    { 0, "job-delay", FST_OPT_DURATION, AT(job_delay_ms), "TIME", "how long a job takes at least (default: no longer than it must)" },
    { 0, "datastore-delay", FST_OPT_DURATION, AT(datastore_delay_ms), "TIME",
      "how long a data store stays CREATING, UPDATING or DELETING at least (default: no longer than it must)" },
    { 0, "quota", FST_OPT_STRINGS, AT(quotas), "NAME=VALUE", "another value of a quota, or 'none' for none of them; see above; may be repeated" },
    { 0, "tps", FST_OPT_STRINGS, AT(paces), "[NAME=]N",
      "answer N requests a second of each operation, or of those of NAME, and refuse the rest as throttled; 'live' is the live service's "
      "pace (default: all); may be repeated, the first that fits counts" },
    { 0, "fault", FST_OPT_STRINGS, AT(faults), "FAULT", "what goes wrong, and when; see above; may be repeated" },
    { 0 }
};

static enum fst_status parse_listen(struct fst_serve_opts *opts, char address[ADDRESS_MAX], const char *listen, struct fst_error *err)
{
    const char *colon = strrchr(listen, ':');
    uint64_t    port;

    if (!colon || colon == listen || colon - listen >= ADDRESS_MAX || !fst_parse_u64(&port, fst_view_of(colon + 1)) || port > UINT16_MAX)
        return fst_fail(err, FST_EUSAGE, "--listen: '%s' is not ADDR:PORT", listen);
    snprintf(address, ADDRESS_MAX, "%.*s", (int)(colon - listen), listen);
    opts->address = address;
    opts->port = (uint16_t)port;
    return FST_OK;
}

/* One line, so that who started it knows where it is. */
static enum fst_status announce(const struct fst_serve *service, const char *dir, struct fst_error *err)
{
    struct fst_json_writer w;
    struct fst_buf         line;
    enum fst_status        st;

    fst_buf_init(&line, 1 << 16);
    fst_json_writer_init(&w, &line, 0);
    fst_json_begin_object(&w);
    fst_json_member_str(&w, "endpoint", fst_serve_endpoint(service));
    fst_json_member_str(&w, "dir", dir);
    fst_json_end_object(&w);
    st = fst_buf_check(&line, err);
    if (!st && (printf("%s\n", line.p) < 0 || fflush(stdout)))
        st = fst_fail_errno(err, "standard output");
    fst_buf_clear(&line);
    return st;
}

static enum fst_status serve_run(struct fst_cli *cli, void *args, const char *const *operands, size_t count, struct fst_error *err)
{
    const struct serve_args *a = args;
    struct fst_serve_opts    opts = { .dir = a->dir ? a->dir : "fhirstage-serve", .credentials = a->credentials, .env = cli->env,
                                         .faults = a->faults.items, .fault_count = a->faults.count,
                                         .quotas = a->quotas.items, .quota_count = a->quotas.count,
                                         .paces = a->paces.items, .pace_count = a->paces.count,
                                         .job_delay_ms = a->job_delay_ms, .datastore_delay_ms = a->datastore_delay_ms };
    struct fst_serve        *service;
    char                     address[ADDRESS_MAX];
    const char              *id = cli->env->getenv(cli->env->ctx, "AWS_ACCESS_KEY_ID");
    const char              *secret = cli->env->getenv(cli->env->ctx, "AWS_SECRET_ACCESS_KEY");
    enum fst_status          st = parse_listen(&opts, address, a->listen ? a->listen : "127.0.0.1:8200", err);

    if (id && *id && secret && *secret) {
        opts.access_key_id = id;
        opts.secret_access_key = secret;
    }
    if (!st)
        st = fst_serve_start(&service, &opts, err);
    if (st)
        return st;
    st = announce(service, opts.dir, err);
    while (!st && !atomic_load(&cli->meter->stop))
        cli->env->sleep_ms(cli->env->ctx, LOOK_MS);
    fst_serve_stop(service);
    return st;
}

static const struct fst_example examples[] = {
    { "fhirstage serve", "on 127.0.0.1:8200, until it is interrupted" },
    { "fhirstage serve --listen 127.0.0.1:0 --dir /tmp/lake", "for a test: on any free port, which it prints" },
    { "fhirstage serve --job-delay 5s --tps live", "at a pace nearer to the live service's" },
    { "fhirstage serve --fault latency=20ms --fault slowdown,op=UploadPart,rate=0.05", "slow, and one part in twenty refused" },
    { 0 }
};

const struct fst_cmd fst_cmd_serve = {
    .name = "serve", .summary = "a local HealthLake and S3 service, for development and tests",
    .description =
        "Serve HealthLake's API, S3's and the data stores' FHIR endpoints on one port, for the AWS CLI, the SDKs and this program: "
        "set AWS_ENDPOINT_URL to its address. Once it listens it prints one line of JSON with its endpoint. Signatures are verified; "
        "any region will do, and any role and key may be named.\n\n"
        "Everything is kept in DIR. Stopped or killed at any moment and started there again, it goes on with the jobs where they were; "
        "against a loss of power it is not guarded.\n\n"
        "Of S3 there is what clients use: buckets, objects with ranges, conditions, tags, versions and the checksums CRC32, CRC32C, CRC64NVME, "
        "SHA1 and SHA256, lists, copies, multipart uploads, presigned URLs, canned ACLs, public access blocks, default encryption, by path and by "
        "host name (BUCKET.localhost); no policies, grants to single accounts, locks, life cycles, CORS and forms. What is encrypted with aws:kms has an ETag that is no MD5, as on the live service, and is taken faster.\n\n"
        "Jobs wait their turn in their data store. Every change of a job's or data store's state is appended to DIR/events.ndjson, in the "
        "shape of EventBridge's events. PreloadDataType SYNTHEA fills a data store with the three patients of the project's samples, which "
        "are within the program.\n\n"
        "The live service's quotas are in force:"
#define FST_QUOTA(id, name, live, doc) " " name " (" doc ", " #live "),"
#include "serve/quota.def"
        " and its pace is not.\n\n"
        "A FAULT is KIND[=VALUE][,op=NAME][,rate=R][,after=N][,count=N], where KIND is"
#define FAULT_NOTHING ""
#define FAULT_TIME    "=TIME"
#define FAULT_WORD    "[=MESSAGE]"
#define FST_FAULT(id, name, value, doc) " " name FAULT_##value " (" doc "),"
#include "serve/fault.def"
        " and it happens to all operations, or to those of NAME, which may have * in it: the API's (StartFHIRImportJob), S3's "
        "(UploadPart, GetObject, List*) and, for FHIR REST, the actions of IAM (ReadResource, SearchWithGet). R is the share of such "
        "requests that it happens to, drawn alike on every run; after=N lets N pass first, count=N is how often it happens at most.",
    .opts = serve_opts, .args_size = sizeof(struct serve_args), .run = serve_run, .examples = examples
};
