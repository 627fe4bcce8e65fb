#include "base/grow.h"
#include "fhir/define-private.h"

struct fst_define *fst_define_new(void)
{
    return calloc(1, sizeof(struct fst_define));
}

void fst_define_free(struct fst_define *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < d->count; i++) {
        fst_tape_clear(&d->items[i].tape);
        free(d->items[i].text);
    }
    free(d->items);
    fst_tape_clear(&d->scratch);
    fst_buf_clear(&d->undo);
    free(d);
}

size_t fst_define_structures(const struct fst_define *d)
{
    size_t n = 0;
    for (size_t i = 0; i < d->count; i++)
        n += d->items[i].kind == FST_DEFINE_STRUCTURE;
    return n;
}

const struct fst_define_item *fst_define_find(const struct fst_define *d, enum fst_define_kind kind, struct fst_view url)
{
    const char *bar = url.n ? memchr(url.p, '|', url.n) : NULL;
    if (bar)
        url.n = (size_t)(bar - url.p);
    for (size_t i = 0; i < d->count; i++)
        if (d->items[i].kind == kind && fst_view_equal(d->items[i].url, url))
            return &d->items[i];
    return NULL;
}

static bool kind_of(enum fst_define_kind *kind, const struct fst_tape *t, uint32_t root)
{
    static const struct { const char *type; enum fst_define_kind kind; } rows[] = {
        { "StructureDefinition", FST_DEFINE_STRUCTURE },
        { "ValueSet", FST_DEFINE_VALUESET },
        { "CodeSystem", FST_DEFINE_CODESYSTEM },
    };
    uint32_t type = fst_tape_member(t, root, "resourceType");
    for (size_t i = 0; i < FST_COUNT(rows); i++)
        if (fst_tape_string_is(t, type, rows[i].type)) {
            *kind = rows[i].kind;
            return true;
        }
    return false;
}

static enum fst_status keep(struct fst_define *d, struct fst_view json, enum fst_define_kind kind, struct fst_error *err)
{
    if (!fst_grow(&d->items, d->count, &d->cap, sizeof *d->items))
        return fst_fail(err, FST_ENOMEM, "definitions: out of memory");
    struct fst_define_item item = { .kind = kind, .text = malloc(json.n + 1) };
    struct fst_json_error  jerr;
    if (!item.text)
        return fst_fail(err, FST_ENOMEM, "definitions: out of memory");
    memcpy(item.text, json.p, json.n);
    item.text[json.n] = '\0';
    enum fst_status st = fst_json_parse(&item.tape, fst_view_n(item.text, json.n), &(struct fst_json_opts){ 0 }, &jerr);
    if (!st)
        item.url = fst_tape_raw(&item.tape, fst_tape_member(&item.tape, 0, "url"));
    if (st || !item.url.n || fst_define_find(d, kind, item.url)) {
        fst_tape_clear(&item.tape);
        free(item.text);
        return st ? fst_fail(err, st, "definitions: cannot read one again") : FST_OK;
    }
    d->items[d->count++] = item;
    return FST_OK;
}

static enum fst_status add_entries(struct fst_define *d, const struct fst_tape *t, struct fst_error *err)
{
    uint32_t entries = fst_tape_member(t, 0, "entry");
    if (entries == FST_NO_NODE)
        return FST_OK;
    FST_EACH_ELEMENT(t, entries, entry) {
        uint32_t             resource = fst_tape_member(t, entry, "resource");
        enum fst_define_kind kind;
        if (resource == FST_NO_NODE || !kind_of(&kind, t, resource))
            continue;
        enum fst_status st = keep(d, fst_tape_raw(t, resource), kind, err);
        if (st)
            return st;
    }
    return FST_OK;
}

enum fst_status fst_define_add(struct fst_define *d, struct fst_view json, const char *name, struct fst_error *err)
{
    struct fst_json_error jerr;
    enum fst_define_kind  kind;
    enum fst_status       st = fst_json_parse(&d->scratch, json, &(struct fst_json_opts){ 0 }, &jerr);
    if (st == FST_EPARSE)
        return fst_fail(err, st, "%s: line %u: %s", name, jerr.line, jerr.what);
    if (st)
        return fst_fail(err, st, "%s: out of memory", name);
    if (fst_tape_string_is(&d->scratch, fst_tape_member(&d->scratch, 0, "resourceType"), "Bundle"))
        st = add_entries(d, &d->scratch, err);
    else if (kind_of(&kind, &d->scratch, 0))
        st = keep(d, json, kind, err);
    return st ? fst_fail_while(err, st, "%s", name) : FST_OK;
}

static int by_url(const void *a, const void *b)
{
    const struct fst_define_item *x = *(const struct fst_define_item *const *)a, *y = *(const struct fst_define_item *const *)b;
    size_t n = x->url.n < y->url.n ? x->url.n : y->url.n;
    int    c = memcmp(x->url.p, y->url.p, n);
    return c ? c : (x->url.n > y->url.n) - (x->url.n < y->url.n);
}

/* Write the items of a kind in the order of their URLs. */
static enum fst_status write_kind(struct fst_define *d, enum fst_define_kind kind, fst_define_write_fn *write, struct fst_buf *out,
                                  struct fst_error *err)
{
    struct fst_define_item **sorted = malloc((d->count + 1) * sizeof *sorted);
    size_t                   n = 0;
    if (!sorted)
        return fst_fail(err, FST_ENOMEM, "definitions: out of memory");
    for (size_t i = 0; i < d->count; i++)
        if (d->items[i].kind == kind)
            sorted[n++] = &d->items[i];
    qsort(sorted, n, sizeof *sorted, by_url);
    for (size_t i = 0; i < n; i++)
        write(d, sorted[i], out);
    free(sorted);
    return fst_buf_check(out, err);
}

void fst_define_use_sets(struct fst_define *d)
{
    for (size_t i = 0; i < d->count; i++)
        d->items[i].used |= d->items[i].kind == FST_DEFINE_VALUESET;
}

enum fst_status fst_define_write(struct fst_define *d, struct fst_buf *out, struct fst_error *err)
{
    fst_buf_init(&d->undo, 1 << 20);
    fst_buf_init(&d->id, 1 << 16);
    fst_buf_init(&d->last_id, 1 << 16);
    fst_buf_add_str(out, "# Written by fhir/define.h from HL7's definitions (CC0); docs/facts.md describes it.\n");
    enum fst_status st = write_kind(d, FST_DEFINE_STRUCTURE, fst_define_write_type, out, err);
    if (!st)
        st = write_kind(d, FST_DEFINE_STRUCTURE, fst_define_write_profile, out, err);
    fst_define_use_imports(d);
    if (!st)
        st = write_kind(d, FST_DEFINE_VALUESET, fst_define_write_valueset, out, err);
    if (!st)
        st = write_kind(d, FST_DEFINE_CODESYSTEM, fst_define_write_codesystem, out, err);
    fst_buf_clear(&d->undo);
    fst_buf_clear(&d->id);
    fst_buf_clear(&d->last_id);
    return st;
}
