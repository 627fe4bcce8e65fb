#include "pipeline/judge.h"

#include "fhir/types.h"

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
    if (j->count == max)
        return;
    if (j->count == j->cap) {
        size_t            cap = j->cap ? j->cap * 2 : 16;
        struct fst_issue *grown = realloc(j->issues, cap * sizeof *grown);
        if (!grown) {
            j->failed = true;
            return;
        }
        j->issues = grown;
        j->cap = cap;
    }
    j->issues[j->count] = *issue;
    j->issues[j->count].expression = keep(j, issue->expression);
    j->issues[j->count].text = keep(j, issue->text);
    j->count++;
}

void fst_judge_init(struct fst_judge *j, const struct fst_validate_inputs_opts *opts)
{
    *j = (struct fst_judge){ .opts = opts };
    fst_facts_init(&j->facts);
    j->checker = (struct fst_checker){ .include_values = opts->include_values, .sink = note, .ctx = j };
}

void fst_judge_clear(struct fst_judge *j)
{
    fst_tape_clear(&j->tape);
    fst_facts_clear(&j->facts);
    free(j->issues);
    j->issues = NULL;
}

static void judge_resource(struct fst_judge *j, uint32_t root, struct fst_judged *judged)
{
    fst_type type = fst_type_find(j->facts.text[FST_FACT_TYPE]);
    judged->type = type == FST_NO_TYPE ? NULL : fst_type_name(type);
    fst_check_resource(&j->checker, &j->tape, root, &j->facts);
    if (j->opts->staged && judged->type && j->facts.member[FST_FACT_ID] == FST_MEMBER_ABSENT)
        fst_check_report(&j->checker, FST_ISSUE_REQUIRED, "id-required", (struct fst_view)FST_VIEW("id"),
                         (struct fst_view)FST_VIEW("id is missing: HealthLake imports no resource without one"));
}

/* A Bundle's entry: the resource in it is what is judged; there need not be one. */
static void judge_entry(struct fst_judge *j, struct fst_judged *judged)
{
    uint32_t resource;
    if (fst_tape_kind(&j->tape, 0) != FST_JSON_OBJECT) {
        fst_check_refuse_bytes(&j->checker, "entry-object", "an entry of a Bundle is a JSON object");
        return;
    }
    fst_facts_read(&j->facts, &j->tape, 0, true, &resource);
    if (resource != FST_NO_NODE)
        judge_resource(j, resource, judged);
}

static enum fst_status judge_text(struct fst_judge *j, const struct fst_item *item, struct fst_judged *judged)
{
    const struct fst_json_opts how = { .parser = j->opts->parser == FST_PARSER_YAJL ? FST_JSON_YAJL : FST_JSON_FAST,
                                       .allow_duplicates = j->opts->syntax_only };
    struct fst_json_error      why;
    uint32_t                   resource;
    enum fst_status            st = fst_json_parse(&j->tape, item->text, &how, &why);
    if (st == FST_EPARSE)
        fst_check_refuse_text(&j->checker, &why);
    if (st || j->opts->syntax_only)
        return st == FST_EPARSE ? FST_OK : st;
    if (item->entry >= 0) {
        judge_entry(j, judged);
    } else {
        fst_facts_read(&j->facts, &j->tape, 0, false, &resource);
        judge_resource(j, 0, judged);
    }
    return FST_OK;
}

enum fst_status fst_judge_item(struct fst_judge *j, const struct fst_item *item, struct fst_arena *arena,
                               struct fst_judged *judged, struct fst_error *err)
{
    enum fst_status   st = FST_OK;
    struct fst_issue *issues;
    *judged = (struct fst_judged){ .file = item->file, .line = item->line, .entry = item->entry };
    j->arena = arena;
    j->count = 0;
    j->checker.errors = 0;
    if (item->broken)
        fst_check_refuse_bytes(&j->checker, item->rule, item->broken);
    else
        st = judge_text(j, item, judged);
    if (st)
        return fst_fail(err, st, "out of memory");
    issues = j->count ? fst_arena_alloc(arena, j->count * sizeof *issues) : NULL;
    if (j->failed || (j->count && !issues))
        return fst_fail(err, FST_ENOMEM, "out of memory");
    if (issues)
        memcpy(issues, j->issues, j->count * sizeof *issues);
    judged->ok = !j->checker.errors;
    judged->issues = issues;
    judged->issue_count = j->count;
    return FST_OK;
}
