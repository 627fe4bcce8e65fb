#include "fhir/compile-private.h"

#include "base/str.h"

static void read_element(struct fst_compiler *c, struct fst_view line)
{
    struct fst_fact_element e = { .path = fst_view_from(fst_facts_word(&line), 1) };
    struct fst_view         range = fst_facts_word(&line);
    const char             *dots = range.n ? memmem(range.p, range.n, "..", 2) : NULL;
    uint64_t                min = 0, max = UINT32_MAX;
    if (!dots)
        fst_compile_fail(c, FST_EPARSE, "no cardinality", e.path);
    else {
        struct fst_view low = { range.p, (size_t)(dots - range.p) }, high = fst_view_from(range, low.n + 2);
        if (low.n && !fst_parse_u64(&min, low))
            fst_compile_fail(c, FST_EPARSE, "not a minimum", range);
        if (high.n && !fst_view_is(high, "*") && !fst_parse_u64(&max, high))
            fst_compile_fail(c, FST_EPARSE, "not a maximum", range);
    }
    e.min = (uint32_t)min;
    e.max = (uint32_t)max;
    e.types = fst_facts_word(&line);
    if (fst_view_starts(line, "modifier")) {
        e.is_modifier = true;
        fst_facts_word(&line);
    }
    e.rest = line;
    struct fst_fact_element *row = fst_rows_add(c, &c->fact_elements);
    if (row)
        *row = e;
    if (c->fact_types.count)
        FST_ROW(c, fact_types, struct fst_fact_type, c->fact_types.count - 1)->element_count++;
}

static void read_rule(struct fst_compiler *c, struct fst_view line)
{
    struct fst_fact_rule *r = fst_rows_add(c, &c->fact_rules);
    if (!r)
        return;
    r->key = fst_facts_word(&line);
    r->severity = fst_view_is(fst_facts_word(&line), "error") ? FST_RULE_ERROR : FST_RULE_WARNING;
    r->path = fst_view_from(line, 1);
    FST_ROW(c, fact_types, struct fst_fact_type, c->fact_types.count - 1)->rule_count++;
}

/* "context element Patient", "contextrule type != 'display'" */
static void read_context(struct fst_compiler *c, struct fst_view line)
{
    struct fst_view          word = fst_facts_word(&line), kind = fst_view_is(word, "context") ? fst_facts_word(&line) : word;
    struct fst_fact_context *x = fst_rows_add(c, &c->fact_contexts);
    if (!x)
        return;
    x->kind = fst_view_is(kind, "contextrule") ? FST_CONTEXT_RULE : fst_view_is(kind, "element") ? FST_CONTEXT_ELEMENT :
              fst_view_is(kind, "extension") ? FST_CONTEXT_EXTENSION : FST_CONTEXT_PATH;
    x->expression = line;
    if (c->fact_types.count)
        FST_ROW(c, fact_types, struct fst_fact_type, c->fact_types.count - 1)->context_count++;
}

static void read_type(struct fst_compiler *c, struct fst_view line, bool is_profile)
{
    struct fst_fact_type *t = fst_rows_add(c, &c->fact_types);
    if (!t)
        return;
    t->is_profile = is_profile;
    t->name = fst_facts_word(&line);
    *(is_profile ? &t->type : &t->kind) = fst_facts_word(&line);
    while (line.n && line.p[0] != ':') {
        struct fst_view flag = fst_facts_word(&line);
        t->is_abstract |= fst_view_is(flag, "abstract");
        t->is_partial |= fst_view_is(flag, "partial");
        if (fst_view_starts(flag, "version="))
            t->version = fst_view_from(flag, strlen("version="));
    }
    t->base = fst_view_from(line, 2);
    t->elements = c->fact_elements.count;
    t->rules = c->fact_rules.count;
    t->contexts = c->fact_contexts.count;
}

static void read_line(struct fst_compiler *c, struct fst_view line, bool *in_terms)
{
    if (!line.n || line.p[0] == '#')
        return;
    if (line.p[0] != ' ') {
        struct fst_view rest = line, word = fst_facts_word(&rest);
        *in_terms = false;
        if (fst_view_is(word, "type") || fst_view_is(word, "profile"))
            read_type(c, rest, word.p[0] == 'p');
        else if (fst_view_is(word, "valueset") || fst_view_is(word, "codesystem"))
            *in_terms = true;
        else
            fst_compile_fail(c, FST_EPARSE, "not a record", word);
    }
    if (*in_terms) {
        fst_compile_terms_line(c, line);
        return;
    }
    struct fst_fact_rule *rule = c->fact_rules.count ? FST_ROW(c, fact_rules, struct fst_fact_rule, c->fact_rules.count - 1) : NULL;
    if (fst_view_starts(line, "  ."))
        read_element(c, fst_view_from(line, 2));
    else if (fst_view_starts(line, "  rule "))
        read_rule(c, fst_view_from(line, 7));
    else if (fst_view_starts(line, "    says ") && rule)
        rule->human = fst_view_from(line, 9);
    else if (fst_view_starts(line, "    expr") && rule)
        rule->expression = fst_view_from(line, 9);
    else if (fst_view_starts(line, "  context"))
        read_context(c, fst_view_from(line, 2));
    else if (line.p[0] == ' ')
        fst_compile_fail(c, FST_EPARSE, "not a fact", line);
}

void fst_compile_read(struct fst_compiler *c, struct fst_view facts)
{
    bool in_terms = false;
    while (facts.n && !c->failed) {
        const char     *end = memchr(facts.p, '\n', facts.n);
        struct fst_view line = { facts.p, end ? (size_t)(end - facts.p) : facts.n };
        c->line++;
        read_line(c, line, &in_terms);
        facts = fst_view_from(facts, line.n + 1);
    }
}
