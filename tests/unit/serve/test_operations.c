#include "serve/local_service.h"

#include "healthlake/check.h"

/* Every operation that the service has, with every member of its request; what it answers is held against the model, and
 * has every member that there can be. */

enum { MOST_SEEN = 512, LOOKS = 400 };

struct fixture {
    struct local_service at;
    const struct fst_model_member *sent[MOST_SEEN], *answered[MOST_SEEN];
    size_t            sent_count, answered_count;
    char              store[64], other[64], arn[128], job[64]; /* what the $words in requests stand for */
};

/* ---- which members were met */

static void mark(const struct fst_model_member **seen, size_t *count, const struct fst_model_member *m)
{
    for (size_t i = 0; i < *count; i++)
        if (seen[i] == m)
            return;
    assert_true(*count < MOST_SEEN);
    seen[(*count)++] = m;
}

static void mark_all(const struct fst_model_member **seen, size_t *count, const struct fst_tape *t, uint32_t node, const struct fst_model_shape *s)
{
    if (s->kind == FST_MODEL_STRUCTURE) {
        FST_EACH_MEMBER(t, node, name) {
            const struct fst_model_member *m = fst_model_member(s, fst_tape_raw(t, name));
            if (m) {
                mark(seen, count, m);
                mark_all(seen, count, t, name + 1, m->shape);
            }
        }
    } else if (s->kind == FST_MODEL_LIST) {
        FST_EACH_ELEMENT(t, node, item)
            mark_all(seen, count, t, item, s->element);
    }
}

/* What only a failure of the service's, or more time than a test has, brings about. */
static const char *const never[] = {
    "DatastoreProperties.ErrorCause", "ErrorCause.ErrorMessage", "ErrorCause.ErrorCategory", "DatastoreBackupStatus.ScheduledPermanentDeletionTime",
};

static void want_all(const struct fst_model_member *const *seen, size_t count, const struct fst_model_shape *s, const char *op, const char *what)
{
    if (s->kind == FST_MODEL_LIST)
        want_all(seen, count, s->element, op, what);
    for (size_t i = 0; s->kind == FST_MODEL_STRUCTURE && i < s->member_count; i++) {
        bool found = false;
        char name[256];
        snprintf(name, sizeof name, "%s.%s", s->name, s->members[i].name);
        for (size_t k = 0; k < FST_COUNT(never); k++)
            found |= !strcmp(never[k], name);
        for (size_t k = 0; k < count; k++)
            found |= seen[k] == &s->members[i];
        if (!found)
            fail_msg("%s: %s was never %s", op, name, what);
        want_all(seen, count, s->members[i].shape, op, what);
    }
}

/* ---- a call */

static void add_request(struct fixture *f, struct fst_buf *out, const char *json)
{
    const struct { const char *word, *value; } words[] = { { "$STORE", f->store }, { "$OTHER", f->other }, { "$ARN", f->arn }, { "$JOB", f->job } };
    while (*json) {
        size_t i = 0;
        while (i < FST_COUNT(words) && strncmp(json, words[i].word, strlen(words[i].word)))
            i++;
        if (i < FST_COUNT(words)) {
            fst_buf_add_str(out, words[i].value);
            json += strlen(words[i].word);
        } else {
            fst_buf_add_char(out, *json++ == '\'' ? '"' : json[-1]);
        }
    }
    fst_buf_str(out);
}

static void keep(char *out, size_t size, const struct fst_tape *t, uint32_t object, const char *member)
{
    struct fst_buf  scratch;
    struct fst_view v;
    fst_buf_init(&scratch, 1 << 16);
    v = fst_tape_member_string(t, object, member, &scratch);
    if (v.n)
        snprintf(out, size, "%.*s", FST_VIEW_ARGS(v));
    fst_buf_clear(&scratch);
}

static void check_answer(struct fixture *f, const struct fst_model_operation *op, const struct fst_api_answer *answer, struct fst_tape *t)
{
    struct fst_json_error   jerr;
    struct fst_arena        arena;
    struct fst_check_report report = { .arena = &arena };
    assert_int_equal(fst_json_parse(t, fst_view_n(answer->json, answer->length), &(struct fst_json_opts){ 0 }, &jerr), FST_OK);
    fst_arena_init(&arena, 0);
    assert_int_equal(fst_check(t, 0, op->output, 0, &report), FST_OK);
    if (report.count)
        fail_msg("%s answered %s: %s", op->name, answer->json, report.first->message);
    fst_arena_clear(&arena);
    mark_all(f->answered, &f->answered_count, t, 0, op->output);
}

/* `code` NULL: it is answered, and `t` is the answer; else that error is. */
static void call(struct fixture *f, const char *name, const char *json, const char *code, struct fst_tape *t, struct fst_api_answer *answer)
{
    const struct fst_model_operation *op = fst_model_operation(fst_view_of(name));
    struct fst_error                  err = { 0 };
    struct fst_buf                    request;
    struct fst_json_error             jerr;
    fst_buf_init(&request, 1 << 20);
    add_request(f, &request, json);
    assert_int_equal(fst_json_parse(t, fst_buf_view(&request), &(struct fst_json_opts){ 0 }, &jerr), FST_OK);
    mark_all(f->sent, &f->sent_count, t, 0, op->input);
    enum fst_status st = fst_api_call(&f->at.api, op, fst_buf_view(&request), answer, &err);
    if (!code != !st || (code && strcmp(answer->fault.code, code)))
        fail_msg("%s %s: %s %s", name, request.p, answer->fault.code, err.text);
    if (!code)
        check_answer(f, op, answer, t);
    fst_buf_clear(&request);
}

/* Ask until the state at `path` is `state`. */
static void wait_for(struct fixture *f, const char *name, const char *json, const char *state)
{
    struct fst_tape       t = { 0 };
    struct fst_api_answer answer = { 0 };
    char                  now[64] = "";
    for (int i = 0; i < LOOKS && strcmp(now, state); i++) {
        call(f, name, json, NULL, &t, &answer);
        keep(now, sizeof now, &t, 2, strstr(name, "Job") ? "JobStatus" : "DatastoreStatus");
        f->at.env.sleep_ms(f->at.env.ctx, strcmp(now, state) ? 50 : 0);
    }
    if (strcmp(now, state))
        fail_msg("%s %s: it stays %s", name, json, now);
    fst_api_answer_clear(&answer);
    fst_tape_clear(&t);
}

#define OUTPUT "{'S3Configuration':{'S3Uri':'s3://nowhere/out/','KmsKeyId':'alias/k'}}"
#define ROLE   "'DataAccessRoleArn':'arn:aws:iam::123456789012:role/r'"
#define SMART  "{'AuthorizationStrategy':'SMART_ON_FHIR','FineGrainedAuthorizationEnabled':true," \
               "'IdpLambdaArn':'arn:aws:lambda:us-east-1:123456789012:function:decode','Metadata':'{\\'authorization_endpoint\\':\\'a\\'," \
               "\\'token_endpoint\\':\\'t\\',\\'grant_types_supported\\':[\\'client_credentials\\'],\\'capabilities\\':[\\'c\\']," \
               "\\'code_challenge_methods_supported\\':[\\'S256\\']}'}"
#define SETTINGS "'AnalyticsConfiguration':{'Status':'ENABLED'},'NlpConfiguration':{'Status':'DISABLED'}," \
                 "'ProfileConfiguration':{'DefaultProfiles':['p']},'IdentityProviderConfiguration':" SMART
#define SSE    "'SseConfiguration':{'KmsEncryptionConfig':{'CmkType':'CUSTOMER_MANAGED_KMS_KEY','KmsKeyId':'alias/k'}}"
#define BACKUP "'BackupConfiguration':{'Status':'ENABLED','BackupType':'CONTINUOUS','RetentionPeriodInDays':7,'BackupTagsEnabled':true}"
#define IMPORT "'DatastoreId':'$STORE','InputDataConfig':{'S3Uri':'s3://nowhere/in/'},'JobOutputDataConfig':" OUTPUT "," ROLE
#define WHEN   "Before':'2200-01-01T00:00:00Z'"
#define SINCE  "After':1.5"

static void data_stores(struct fixture *f, struct fst_tape *t, struct fst_api_answer *answer)
{
    call(f, "CreateFHIRDatastore", "{'DatastoreName':'n','DatastoreTypeVersion':'R4','ClientToken':'t','PreloadDataConfig':{'PreloadDataType':'SYNTHEA'},"
         "'Tags':[{'Key':'k','Value':'v'}]," SSE "," SETTINGS "," BACKUP "}", NULL, t, answer);
    keep(f->store, sizeof f->store, t, 0, "DatastoreId");
    keep(f->arn, sizeof f->arn, t, 0, "DatastoreArn");
    wait_for(f, "DescribeFHIRDatastore", "{'DatastoreId':'$STORE'}", "ACTIVE");
    call(f, "UpdateFHIRDatastore", "{'DatastoreId':'$STORE','DatastoreName':'m'," SETTINGS "," BACKUP "}", NULL, t, answer);
    wait_for(f, "DescribeFHIRDatastore", "{'DatastoreId':'$STORE'}", "ACTIVE");
    call(f, "RestoreFHIRDatastore", "{'SourceDatastoreId':'$STORE','DatastoreName':'r','ClientToken':'u','Tags':[{'Key':'k','Value':'v'}]," SSE "," SETTINGS
         ",'RestoreConfiguration':{'ContinuousBackupRestoreConfiguration':{'RestorePointTime':'2200-01-01T00:00:00Z'}}}", NULL, t, answer);
    keep(f->other, sizeof f->other, t, 0, "DatastoreId");
    wait_for(f, "DescribeFHIRDatastore", "{'DatastoreId':'$OTHER'}", "ACTIVE");
    call(f, "ListFHIRDatastores", "{'MaxResults':1}", NULL, t, answer);
    call(f, "ListFHIRDatastores", "{'MaxResults':1,'NextToken':'9','Filter':{'DatastoreName':'m','DatastoreStatus':'ACTIVE','Created" WHEN ",'Created" SINCE "}}",
         NULL, t, answer);
}

static void jobs(struct fixture *f, struct fst_tape *t, struct fst_api_answer *answer, bool import)
{
    char name[64], json[1024];
    const char *kind = import ? "Import" : "Export";
    for (int i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "StartFHIR%sJob", kind);
        snprintf(json, sizeof json, import ? "{" IMPORT ",'JobName':'j','ClientToken':'c%d','ValidationLevel':'minimal'}"
                 : "{'DatastoreId':'$STORE','OutputDataConfig':" OUTPUT "," ROLE ",'JobName':'j','ClientToken':'c%d'}", i);
        call(f, name, json, NULL, t, answer);
        keep(f->job, sizeof f->job, t, 0, "JobId");
        snprintf(name, sizeof name, "DescribeFHIR%sJob", kind);
        wait_for(f, name, "{'DatastoreId':'$STORE','JobId':'$JOB'}", "FAILED"); /* there is no such bucket */
    }
    snprintf(name, sizeof name, "ListFHIR%sJobs", kind);
    call(f, name, "{'DatastoreId':'$STORE','MaxResults':1}", NULL, t, answer);
    call(f, name, "{'DatastoreId':'$STORE','MaxResults':1,'NextToken':'99','JobName':'j','JobStatus':'FAILED','Submitted" WHEN ",'Submitted" SINCE "}", NULL,
         t, answer);
}

static void every_operation(void **state)
{
    struct fixture        f = { 0 };
    struct fst_tape       t = { 0 };
    struct fst_api_answer answer = { 0 };
    local_service_start(&f.at);
    data_stores(&f, &t, &answer);
    jobs(&f, &t, &answer, true);
    jobs(&f, &t, &answer, false);
    call(&f, "StartFHIRImportJob", "{" IMPORT ",'ProfileId':'p','InputFormat':'CSV','DriftDetectionEnabled':true,'ProvenanceEnabled':true}",
         "ValidationException", &t, &answer);
    call(&f, "TagResource", "{'ResourceARN':'$ARN','Tags':[{'Key':'a','Value':'b'}]}", NULL, &t, &answer);
    call(&f, "ListTagsForResource", "{'ResourceARN':'$ARN'}", NULL, &t, &answer);
    call(&f, "UntagResource", "{'ResourceARN':'$ARN','TagKeys':['a']}", NULL, &t, &answer);
    call(&f, "DeleteFHIRDatastore", "{'DatastoreId':'$OTHER'}", NULL, &t, &answer);
    for (size_t i = 0; i < fst_model_operation_count; i++) {
        const struct fst_model_operation *op = &fst_model_operations[i];
        if (op->flags & FST_MODEL_TRANSFORM)
            continue;
        want_all(f.sent, f.sent_count, op->input, op->name, "sent");
        want_all(f.answered, f.answered_count, op->output, op->name, "answered");
    }
    print_message("%zu members sent, %zu answered\n", f.sent_count, f.answered_count);
    fst_api_answer_clear(&answer);
    fst_tape_clear(&t);
    local_service_stop(&f.at);
}

FST_TESTS(cmocka_unit_test(every_operation))
