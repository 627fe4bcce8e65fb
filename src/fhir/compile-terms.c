#include "fhir/compile-private.h"

static struct fst_view set_name(struct fst_compiler *c, uint32_t i)
{
    struct fst_pool_str s = FST_ROW(c, sets, struct fst_set_row, i)->url;
    return fst_view_n(FST_ROW(c, pool, char, s.at), s.n);
}

static struct fst_view system_name(struct fst_compiler *c, uint32_t i)
{
    struct fst_pool_str s = FST_ROW(c, systems, struct fst_system_row, i)->url;
    return fst_view_n(FST_ROW(c, pool, char, s.at), s.n);
}

static struct fst_view code_name(struct fst_compiler *c, uint32_t i)
{
    struct fst_pool_str s = FST_ROW(c, codes, struct fst_code_row, i)->text;
    return fst_view_n(FST_ROW(c, pool, char, s.at), s.n);
}

uint16_t fst_compile_set(struct fst_compiler *c, struct fst_view name)
{
    for (uint32_t i = 0; i < c->sets.count; i++)
        if (fst_view_equal(set_name(c, i), name))
            return (uint16_t)i;
    return FST_NONE;
}

/* "codesystem URL complete nocase" */
static void begin_system(struct fst_compiler *c, struct fst_view line)
{
    static const char *const contents[] = { "complete", "fragment", "example", "not-present" };
    struct fst_pool_str      url = fst_compile_intern(c, fst_facts_word(&line));
    struct fst_view          content = fst_facts_word(&line);
    struct fst_system_row   *s = fst_rows_add(c, &c->systems);
    if (!s)
        return;
    s->url = url;
    for (size_t i = 0; i < FST_COUNT(contents); i++)
        if (fst_view_is(content, contents[i]))
            s->content = (uint8_t)i;
    s->nocase = fst_view_is(line, "nocase");
    s->codes.first = c->codes.count;
}

static void begin_set(struct fst_compiler *c, struct fst_view line)
{
    struct fst_pool_str url = fst_compile_intern(c, line);
    struct fst_set_row *s = fst_rows_add(c, &c->sets);
    if (!s)
        return;
    s->url = url;
    s->parts = (uint16_t)c->parts.count;
}

static void add_code(struct fst_compiler *c, struct fst_pool_str text)
{
    struct fst_code_row *row = fst_rows_add(c, &c->codes);
    if (row)
        *row = (struct fst_code_row){ text, 0 };
}

/* "below is-a CODE URL": the code and those below it, or only these, of a system of the base's. */
static void read_below(struct fst_compiler *c, struct fst_view line)
{
    bool            itself = fst_view_is(fst_facts_word(&line), "is-a");
    struct fst_view code = fst_facts_word(&line);
    struct fst_pool_str url = fst_compile_intern(c, line);
    uint32_t        system = 0, first, end, at;
    while (system < c->base.systems_count && c->base.systems[system].url.at != url.at)
        system++;
    struct fst_part_row *p = fst_rows_add(c, &c->parts);
    if (!p)
        return;
    *p = (struct fst_part_row){ .url = url, .system = FST_NONE, .mode = FST_PART_OPEN, .codes = { .first = c->codes.count } };
    FST_ROW(c, sets, struct fst_set_row, c->sets.count - 1)->part_count++;
    if (system == c->base.systems_count)
        return;
    p->mode = FST_PART_CODES;
    first = at = c->base.systems[system].codes.first;
    end = first + c->base.systems[system].codes.count;
    while (at < end && !fst_view_equal(fst_pool_view(&c->base, c->base.codes[at].text), code))
        at++;
    if (at < end && itself)
        add_code(c, c->base.codes[at].text);
    for (uint32_t i = at + 1; i < end && c->base.codes[i].depth > c->base.codes[at].depth && !c->failed; i++)
        add_code(c, c->base.codes[i].text);
}

/* "import SET": what a set of the base's takes; anything when it is not there. */
static void read_import(struct fst_compiler *c, struct fst_view name)
{
    uint16_t set = fst_compile_set(c, name), first = 0, count = 1;
    if (set != FST_NONE && set < c->base.sets_count) {
        first = c->base.sets[set].parts;
        count = c->base.sets[set].part_count;
    }
    for (uint16_t i = 0; i < count && !c->failed; i++) {
        struct fst_part_row *p = fst_rows_add(c, &c->parts);
        if (!p)
            return;
        *p = set != FST_NONE && set < c->base.sets_count ? c->base.parts[first + i]
                 : (struct fst_part_row){ .system = FST_NONE, .mode = FST_PART_OPEN, .codes = { .first = c->codes.count } };
        FST_ROW(c, sets, struct fst_set_row, c->sets.count - 1)->part_count++;
    }
}

/* "all URL", "open URL", "codes URL", and those that refer to the base */
static void begin_part(struct fst_compiler *c, struct fst_view line)
{
    struct fst_view      mode = fst_facts_word(&line);
    if (fst_view_is(mode, "below")) {
        read_below(c, line);
        return;
    }
    if (fst_view_is(mode, "import")) {
        read_import(c, line);
        return;
    }
    struct fst_pool_str  url = fst_compile_intern(c, line);
    struct fst_part_row *p = fst_rows_add(c, &c->parts);
    if (!p)
        return;
    p->url = url;
    p->mode = fst_view_is(mode, "all") ? FST_PART_ALL : fst_view_is(mode, "open") ? FST_PART_OPEN : FST_PART_CODES;
    p->system = FST_NONE;
    p->codes.first = c->codes.count;
    FST_ROW(c, sets, struct fst_set_row, c->sets.count - 1)->part_count++;
}

/* Undo the escapes that fst_json_quote makes of codes, in place. */
static struct fst_view unquote(struct fst_compiler *c, struct fst_view *line)
{
    char  *out = fst_arena_alloc(&c->names, line->n + 1);
    size_t n = 0, at = 1;
    if (!out) {
        c->failed = FST_ENOMEM;
        return (struct fst_view){ 0 };
    }
    for (; at < line->n && line->p[at] != '"'; at++) {
        if (line->p[at] == '\\' && at + 1 < line->n)
            at++;
        out[n++] = line->p[at];
    }
    *line = fst_view_from(*line, at + 1);
    if (line->n)
        *line = fst_view_from(*line, 1);
    return fst_view_n(out, n);
}

static void read_codes(struct fst_compiler *c, struct fst_view line)
{
    while (line.n && !c->failed) {
        uint16_t depth = 0;
        for (; line.n && line.p[0] == '>'; depth++)
            line = fst_view_from(line, 1);
        struct fst_view      code = line.n && line.p[0] == '"' ? unquote(c, &line) : fst_facts_word(&line);
        struct fst_pool_str  text = fst_compile_intern(c, code);
        struct fst_code_row *row = fst_rows_add(c, &c->codes);
        if (row)
            *row = (struct fst_code_row){ text, depth };
    }
}

void fst_compile_terms_line(struct fst_compiler *c, struct fst_view line)
{
    if (fst_view_starts(line, "codesystem "))
        begin_system(c, fst_view_from(line, strlen("codesystem ")));
    else if (fst_view_starts(line, "valueset "))
        begin_set(c, fst_view_from(line, strlen("valueset ")));
    else if (fst_view_starts(line, "    "))
        read_codes(c, fst_view_from(line, 4));
    else if (c->sets.count)
        begin_part(c, fst_view_from(line, 2));
}

static void finish_codes(struct fst_compiler *c, struct fst_code_table *t, uint32_t end)
{
    t->count = end - t->first;
    t->hash = fst_compile_hash(c, t->count, t->first, code_name);
}

/* Each table's codes end where the next one's begin: parts come first, systems behind them, as they are written. */
static void finish_tables(struct fst_compiler *c)
{
    uint32_t end = c->codes.count;
    for (uint32_t i = c->systems.count; i-- > c->base.systems_count && !c->failed;) {
        struct fst_code_table t = FST_ROW(c, systems, struct fst_system_row, i)->codes;
        finish_codes(c, &t, end);
        FST_ROW(c, systems, struct fst_system_row, i)->codes = t;
        end = t.first;
    }
    for (uint32_t i = c->parts.count; i-- > c->base.parts_count && !c->failed;) {
        struct fst_code_table t = FST_ROW(c, parts, struct fst_part_row, i)->codes;
        if (t.first < c->base.codes_count)
            continue; /* imported: the base's own table */
        finish_codes(c, &t, end);
        FST_ROW(c, parts, struct fst_part_row, i)->codes = t;
        end = t.first;
    }
}

static void link_parts(struct fst_compiler *c)
{
    for (uint32_t i = c->base.parts_count; i < c->parts.count; i++) {
        struct fst_part_row *p = FST_ROW(c, parts, struct fst_part_row, i);
        for (uint32_t s = 0; s < c->systems.count && p->system == FST_NONE; s++)
            if (FST_ROW(c, systems, struct fst_system_row, s)->url.at == p->url.at)
                p->system = (uint16_t)s;
        if (p->mode == FST_PART_ALL && p->system == FST_NONE)
            p->mode = FST_PART_OPEN;
    }
    for (uint32_t i = c->base.sets_count; i < c->sets.count; i++) {
        struct fst_set_row *s = FST_ROW(c, sets, struct fst_set_row, i);
        for (uint32_t k = 0; k < s->part_count; k++)
            s->is_open |= FST_ROW(c, parts, struct fst_part_row, s->parts + k)->mode == FST_PART_OPEN;
    }
}

void fst_compile_terms_end(struct fst_compiler *c)
{
    finish_tables(c);
    if (c->failed)
        return;
    link_parts(c);
    struct fst_hash_row sets = fst_compile_hash(c, c->sets.count, 0, set_name);
    struct fst_hash_row systems = fst_compile_hash(c, c->systems.count, 0, system_name);
    FST_ROW(c, hashes, struct fst_hash_row, 0)[FST_HASH_SETS] = sets;
    FST_ROW(c, hashes, struct fst_hash_row, 0)[FST_HASH_SYSTEMS] = systems;
}
