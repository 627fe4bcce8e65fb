#include "prepare/facts.h"

#include "prepare/skim.h"

enum { UNDONE_MAX = 64 * 1024 * 1024 };

void fst_facts_init(struct fst_facts *f)
{
    *f = (struct fst_facts){ 0 };
    for (size_t i = 0; i < FST_FACT_COUNT; i++)
        fst_buf_init(&f->undone[i], UNDONE_MAX);
}

void fst_facts_clear(struct fst_facts *f)
{
    for (size_t i = 0; i < FST_FACT_COUNT; i++)
        fst_buf_clear(&f->undone[i]);
    fst_facts_init(f);
}

static void forget(struct fst_facts *f)
{
    memset(f->text, 0, sizeof f->text);
    memset(f->member, 0, sizeof f->member);
    f->resource = f->identifiers = (struct fst_view){ 0 };
}

static bool has_escape(struct fst_view v)
{
    return v.n && memchr(v.p, '\\', v.n);
}

/* Take a skimmed value as fact number i. */
static void take(struct fst_facts *f, enum fst_fact i, struct fst_view value, bool *hard)
{
    if (value.p[0] != '"') {
        f->member[i] = FST_MEMBER_OTHER;
        return;
    }
    f->member[i] = FST_MEMBER_STRING;
    f->text[i] = fst_view_n(value.p + 1, value.n - 2);
    *hard |= has_escape(f->text[i]);
}

static void skim_resource(struct fst_facts *f, struct fst_view text, bool *bad, bool *hard)
{
    struct fst_skim      s;
    struct fst_skim_item item;

    f->resource = text;
    if (text.p[0] == '{' && fst_skim_begin(&s, text)) {
        while (fst_skim_next(&s, &item)) {
            if (fst_view_is(item.name, "resourceType"))
                take(f, FST_FACT_TYPE, item.value, hard);
            else if (fst_view_is(item.name, "id"))
                take(f, FST_FACT_ID, item.value, hard);
            else if (fst_view_is(item.name, "identifier") && (item.value.p[0] == '[' || item.value.p[0] == '{'))
                f->identifiers = item.value, *hard |= has_escape(item.value);
            else
                *hard |= has_escape(item.name);
        }
        *bad |= s.bad;
    }
}

static void skim_request(struct fst_facts *f, struct fst_view text, bool *bad, bool *hard)
{
    static const struct { const char *name; enum fst_fact fact; } members[] = {
        { "method", FST_FACT_METHOD }, { "url", FST_FACT_URL }, { "ifNoneExist", FST_FACT_IF_NONE_EXIST },
    };
    struct fst_skim      s;
    struct fst_skim_item item;

    if (text.p[0] == '{' && fst_skim_begin(&s, text)) {
        while (fst_skim_next(&s, &item)) {
            *hard |= has_escape(item.name);
            for (size_t i = 0; i < FST_COUNT(members); i++)
                if (fst_view_is(item.name, members[i].name))
                    take(f, members[i].fact, item.value, hard);
        }
        *bad |= s.bad;
    }
}

static void skim_entry(struct fst_facts *f, struct fst_view text, bool *bad, bool *hard)
{
    struct fst_skim      s;
    struct fst_skim_item item;

    fst_skim_begin(&s, text);
    while (fst_skim_next(&s, &item)) {
        if (fst_view_is(item.name, "fullUrl"))
            take(f, FST_FACT_FULL_URL, item.value, hard);
        else if (fst_view_is(item.name, "resource"))
            skim_resource(f, item.value, bad, hard);
        else if (fst_view_is(item.name, "request"))
            skim_request(f, item.value, bad, hard);
        else
            *hard |= has_escape(item.name);
    }
    *bad |= s.bad;
}

enum fst_skimmed fst_facts_skim(struct fst_facts *f, struct fst_view text, bool is_entry)
{
    bool bad = false, hard = false;

    forget(f);
    while (text.n && strchr(" \t\r\n", text.p[0]) && text.p[0])
        text = fst_view_from(text, 1);
    if (!text.n || text.p[0] != '{')
        return FST_SKIM_BAD;
    if (is_entry)
        skim_entry(f, text, &bad, &hard);
    else
        skim_resource(f, text, &bad, &hard);
    return bad ? FST_SKIM_BAD : hard ? FST_SKIM_HARD : FST_SKIMMED;
}

static void read_fact(struct fst_facts *f, enum fst_fact i, const struct fst_tape *t, uint32_t object, const char *name)
{
    uint32_t node = fst_tape_member(t, object, name);
    if (node == FST_NO_NODE)
        return;
    f->member[i] = fst_tape_kind(t, node) == FST_JSON_STRING ? FST_MEMBER_STRING : FST_MEMBER_OTHER;
    f->text[i] = fst_tape_string(t, node, &f->undone[i]);
}

void fst_facts_read(struct fst_facts *f, const struct fst_tape *t, uint32_t root, bool is_entry, uint32_t *resource)
{
    uint32_t identifier;

    forget(f);
    *resource = root;
    if (is_entry) {
        uint32_t request = fst_tape_member(t, root, "request");
        *resource = fst_tape_member(t, root, "resource");
        read_fact(f, FST_FACT_FULL_URL, t, root, "fullUrl");
        read_fact(f, FST_FACT_METHOD, t, request, "method");
        read_fact(f, FST_FACT_URL, t, request, "url");
        read_fact(f, FST_FACT_IF_NONE_EXIST, t, request, "ifNoneExist");
    }
    f->resource = fst_tape_raw(t, *resource);
    if (*resource != FST_NO_NODE && fst_tape_kind(t, *resource) == FST_JSON_STRING)
        f->resource = fst_view_n(f->resource.p - 1, f->resource.n + 2);
    read_fact(f, FST_FACT_TYPE, t, *resource, "resourceType");
    read_fact(f, FST_FACT_ID, t, *resource, "id");
    identifier = fst_tape_member(t, *resource, "identifier");
    if (identifier != FST_NO_NODE && fst_tape_kind(t, identifier) >= FST_JSON_ARRAY)
        f->identifiers = fst_tape_raw(t, identifier);
}

/* A skimmed string value with its escapes undone; false when it is no string. Reached only for texts that
 * a parser took, or that have no backslash in them. */
static bool string_of(struct fst_view value, struct fst_buf *scratch, struct fst_view *out)
{
    if (!value.n || value.p[0] != '"')
        return false;
    *out = fst_view_n(value.p + 1, value.n - 2);
    if (has_escape(*out)) {
        fst_buf_reset(scratch);
        fst_json_unescape(scratch, *out);
        *out = fst_buf_view(scratch);
    }
    return true;
}

static enum fst_status one_identifier(struct fst_view object, struct fst_buf scratch[2], fst_identifier_fn *fn,
                                      void *ctx, struct fst_error *err)
{
    struct fst_view value = { 0 }, system = { 0 };
    bool            bad = false;

    if (!string_of(fst_skim_member(object, "value", &bad), &scratch[0], &value) || !value.n)
        return FST_OK;
    string_of(fst_skim_member(object, "system", &bad), &scratch[1], &system);
    return bad ? FST_OK : fn(ctx, system, value, err);
}

enum fst_status fst_facts_each_identifier(const struct fst_facts *f, struct fst_buf scratch[2], fst_identifier_fn *fn,
                                          void *ctx, struct fst_error *err)
{
    struct fst_skim      s;
    struct fst_skim_item item;
    enum fst_status      st = FST_OK;

    if (!f->identifiers.n)
        return FST_OK;
    if (f->identifiers.p[0] == '{') /* QuestionnaireResponse, Bundle, Composition … have one, not many */
        return one_identifier(f->identifiers, scratch, fn, ctx, err);
    if (f->identifiers.p[0] == '[' && fst_skim_begin(&s, f->identifiers))
        while (!st && fst_skim_next(&s, &item))
            if (item.value.p[0] == '{')
                st = one_identifier(item.value, scratch, fn, ctx, err);
    return st;
}
