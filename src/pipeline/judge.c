#include "pipeline/judge.h"

#include "base/grow.h"
#include "fhir/types.h"
#include "fhir/where.h"

enum { MAX_ISSUES = 100 };

static struct fst_view keep(struct fst_judge *j, struct fst_view v)
{
    const char *copy = v.n ? fst_arena_strn(j->arena, v) : "";
    j->failed |= !copy;
    return fst_view_n(copy, copy ? v.n : 0);
}

/* An fst_issue_fn. */
static void note(void *ctx, const struct fst_issue *issue)
{
    struct fst_judge *j = ctx;
    size_t            max = j->opts->max_issues ? j->opts->max_issues : MAX_ISSUES;
    j->refused |= issue->severity >= FST_SEVERITY_ERROR;
    if (j->count == max)
        return;
    if (!fst_grow(&j->issues, j->count, &j->cap, sizeof *j->issues)) {
        j->failed = true;
        return;
    }
    j->issues[j->count] = *issue;
    j->issues[j->count].expression = keep(j, issue->expression);
    j->issues[j->count].text = keep(j, issue->text);
    j->count++;
}

enum fst_status fst_judge_init(struct fst_judge *j, const struct fst_validate_inputs_opts *opts, struct fst_error *err)
{
    const struct fst_validate_opts how = { .level = opts->level, .max_issues = opts->max_issues, .staged = opts->staged,
                                           .show_values = opts->include_values, .profiles = opts->profiles,
                                           .unknown_profile = opts->unknown_profile };
    *j = (struct fst_judge){ .opts = opts };
    return opts->syntax_only ? FST_OK : fst_validator_new(&j->validator, &how, err);
}

void fst_judge_clear(struct fst_judge *j)
{
    fst_tape_clear(&j->tape);
    fst_validator_free(j->validator);
    free(j->issues);
    *j = (struct fst_judge){ 0 };
}

static void refuse(struct fst_judge *j, const char *rule, struct fst_view text)
{
    const struct fst_issue issue = { FST_SEVERITY_ERROR, FST_ISSUE_INVALID, rule, { 0 }, text, 0 };
    note(j, &issue);
}

static void refuse_json(struct fst_judge *j, const struct fst_item *item, const struct fst_json_error *why)
{
    char             text[200];
    struct fst_buf   place;
    struct fst_issue issue = { FST_SEVERITY_ERROR, FST_ISSUE_INVALID, why->rule, { 0 }, { 0 }, why->offset };

    snprintf(text, sizeof text, "not JSON: %s, at byte %llu", why->what, (unsigned long long)why->offset);
    fst_buf_init(&place, 64 << 10);
    if (item->entry < 0 && !j->opts->syntax_only)
        fst_where(&place, item->text, why->offset);
    issue.expression = fst_buf_view(&place);
    issue.text = fst_view_of(text);
    note(j, &issue);
    fst_buf_clear(&place);
}

static enum fst_status judge_resource(struct fst_judge *j, uint32_t root, struct fst_judged *judged)
{
    struct fst_verdict verdict;
    struct fst_buf     scratch;
    enum fst_status    st = fst_validate(j->validator, &j->tape, root, note, j, &verdict);
    fst_type           type;
    fst_buf_init(&scratch, 1 << 10);
    type = fst_type_find(fst_tape_member_string(&j->tape, root, "resourceType", &scratch));
    judged->type = type == FST_NO_TYPE ? NULL : fst_type_name(type);
    fst_buf_clear(&scratch);
    judged->unknown_profiles = st ? 0 : verdict.unknown_profiles;
    j->refused |= !st && !verdict.ok;
    return st;
}

/* A Bundle's entry: the resource in it is what is judged; there need not be one. */
static enum fst_status judge_entry(struct fst_judge *j, struct fst_judged *judged)
{
    uint32_t resource = fst_tape_member(&j->tape, 0, "resource");
    if (fst_tape_kind(&j->tape, 0) != FST_JSON_OBJECT)
        refuse(j, "entry-object", (struct fst_view)FST_VIEW("an entry of a Bundle is a JSON object"));
    return resource == FST_NO_NODE ? FST_OK : judge_resource(j, resource, judged);
}

static enum fst_status judge_text(struct fst_judge *j, const struct fst_item *item, struct fst_judged *judged)
{
    const struct fst_json_opts how = { .parser = j->opts->parser == FST_PARSER_YAJL ? FST_JSON_YAJL : FST_JSON_FAST,
                                       .allow_duplicates = j->opts->syntax_only };
    struct fst_json_error      why;
    enum fst_status            st = fst_json_parse(&j->tape, item->text, &how, &why);
    if (st == FST_EPARSE)
        refuse_json(j, item, &why);
    if (st || j->opts->syntax_only)
        return st == FST_EPARSE ? FST_OK : st;
    return item->entry >= 0 ? judge_entry(j, judged) : judge_resource(j, 0, judged);
}

enum fst_status fst_judge_item(struct fst_judge *j, const struct fst_item *item, struct fst_arena *arena,
                               struct fst_judged *judged, struct fst_error *err)
{
    enum fst_status   st = FST_OK;
    struct fst_issue *issues;
    *judged = (struct fst_judged){ .file = item->file, .line = item->line, .entry = item->entry };
    j->arena = arena;
    j->count = 0;
    j->refused = false;
    if (item->broken)
        refuse(j, item->rule, fst_view_of(item->broken));
    else
        st = judge_text(j, item, judged);
    if (st)
        return fst_fail(err, st, "out of memory");
    issues = j->count ? fst_arena_alloc(arena, j->count * sizeof *issues) : NULL;
    if (j->failed || (j->count && !issues))
        return fst_fail(err, FST_ENOMEM, "out of memory");
    if (issues)
        memcpy(issues, j->issues, j->count * sizeof *issues);
    judged->ok = !j->refused;
    judged->issues = issues;
    judged->issue_count = j->count;
    return FST_OK;
}
