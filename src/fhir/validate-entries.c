/* The entries of a Bundle by their names, and which of them a reference leads to. */
#include <stdlib.h>

#include "fhir/primitive.h"
#include "fhir/validate-private.h"

enum { MAX_PROBES = 4000000 }; /* of one resource */

static const char history[] = "/_history/";

/* ---- names: "http://x.org/Type/id", or "Type/id"; a version behind them is looked up apart */

static struct fst_view cut_version(struct fst_view *name)
{
    const char     *at = name->n ? memmem(name->p, name->n, history, sizeof history - 1) : NULL;
    struct fst_view version = { 0 };

    if (at) {
        version = fst_view_from(*name, (size_t)(at - name->p) + sizeof history - 1);
        name->n = (size_t)(at - name->p);
    }
    return version;
}

static struct fst_view name_of(struct fst_validator *v, uint32_t entry, enum fst_entry_name kind)
{
    struct fst_buf *out = &v->entries.name;
    uint32_t        resource;
    struct fst_view id;

    if (kind == FST_ENTRY_URL)
        return fst_tape_member_string(v->tape, entry, "fullUrl", out);
    resource = fst_tape_member(v->tape, entry, "resource");
    if (resource == FST_NO_NODE || !(id = fst_tape_member_string(v->tape, resource, "id", &v->entries.part)).n)
        return (struct fst_view){ 0 };
    fst_buf_reset(out);
    fst_buf_addf(out, "%.*s/", FST_VIEW_ARGS(fst_tape_raw(v->tape, fst_tape_member(v->tape, resource, "resourceType"))));
    fst_buf_add(out, id.p, id.n);
    return fst_buf_view(out);
}

static bool has_version(struct fst_validator *v, uint32_t entry, struct fst_view version)
{
    uint32_t resource = fst_tape_member(v->tape, entry, "resource");
    uint32_t meta = resource == FST_NO_NODE ? resource : fst_tape_member(v->tape, resource, "meta");

    return meta != FST_NO_NODE && fst_view_equal(fst_tape_member_string(v->tape, meta, "versionId", &v->entries.part), version);
}

/* ---- the tables: linear probing, the nodes of entries, 0 where there is none */

static uint32_t hash_of(struct fst_view name)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < name.n; i++)
        hash = (hash ^ (uint8_t)name.p[i]) * 16777619u;
    return hash;
}

static void put(struct fst_validator *v, uint32_t entry, enum fst_entry_name kind)
{
    struct fst_view name = name_of(v, entry, kind);
    uint32_t       *slots = v->entries.slots + (size_t)kind * v->entries.size, i;

    cut_version(&name);
    if (!name.n)
        return;
    for (i = hash_of(name) & (v->entries.size - 1); slots[i]; i = (i + 1) & (v->entries.size - 1))
        if (++v->entries.probes > MAX_PROBES)
            return;
    slots[i] = entry;
}

static bool make_tables(struct fst_validator *v, uint32_t array)
{
    struct fst_entries *x = &v->entries;
    uint32_t            n = 0;

    FST_EACH_ELEMENT(v->tape, array, entry)
        n++;
    for (x->size = 16; x->size < 2 * n + 2; x->size *= 2)
        ;
    if (x->size > x->cap) {
        uint32_t *grown = realloc(x->slots, (size_t)x->size * FST_ENTRY_NAMES * sizeof *grown);
        v->out_of_memory |= !grown;
        if (!grown)
            return false;
        x->slots = grown;
        x->cap = x->size;
    }
    memset(x->slots, 0, (size_t)x->size * FST_ENTRY_NAMES * sizeof *x->slots);
    x->of = array;
    x->probes += n;
    FST_EACH_ELEMENT(v->tape, array, entry)
        for (unsigned kind = 0; kind < FST_ENTRY_NAMES; kind++)
            put(v, entry, (enum fst_entry_name)kind);
    return true;
}

void fst_entries_init(struct fst_entries *x)
{
    x->of = FST_NO_NODE;
    fst_buf_init(&x->name, SIZE_MAX / 2);
    fst_buf_init(&x->part, SIZE_MAX / 2);
    fst_buf_init(&x->url, SIZE_MAX / 2);
    fst_buf_init(&x->base, SIZE_MAX / 2);
}

void fst_entries_clear(struct fst_entries *x)
{
    free(x->slots);
    fst_buf_clear(&x->name);
    fst_buf_clear(&x->part);
    fst_buf_clear(&x->url);
    fst_buf_clear(&x->base);
}

uint32_t fst_entries_called(struct fst_validator *v, uint32_t bundle, enum fst_entry_name kind, struct fst_view name, uint32_t *first)
{
    uint32_t        array = fst_tape_member(v->tape, bundle, "entry"), count = 0, *slots;
    struct fst_view version, whole = name;

    *first = FST_NO_NODE;
    if (!name.n || array == FST_NO_NODE || v->entries.probes > MAX_PROBES || (v->entries.of != array && !make_tables(v, array)))
        return 0;
    version = cut_version(&name);
    slots = v->entries.slots + (size_t)kind * v->entries.size;
    for (uint32_t i = hash_of(name) & (v->entries.size - 1); slots[i] && ++v->entries.probes <= MAX_PROBES; i = (i + 1) & (v->entries.size - 1)) {
        struct fst_view own = name_of(v, slots[i], kind);
        if (!fst_view_equal(own, whole) && !(version.n && fst_view_equal(own, name) && has_version(v, slots[i], version)))
            continue;
        if (!count++)
            *first = slots[i];
    }
    return count;
}

/* ---- what a reference in the resource of an entry leads to */

/* What stands before "Type/id" in a fullUrl, or before the id of an URN. */
static struct fst_view base_of(struct fst_view url)
{
    char     sep = fst_view_starts(url, "urn") ? ':' : '/';
    unsigned parts = sep == ':' ? 1 : 2;

    while (url.n && url.p[url.n - 1] == sep)
        url.n--;
    for (; url.n; url.n--)
        if (url.p[url.n - 1] == sep && !--parts)
            break;
    return url;
}

static unsigned count_of(struct fst_view v, char c)
{
    unsigned n = 0;

    for (size_t i = 0; i < v.n; i++)
        n += v.p[i] == c;
    return n;
}

static bool is_one_of(struct fst_view v, const char *a, const char *b)
{
    return fst_view_is(v, a) || fst_view_is(v, b);
}

/* The URL of what a relative reference leads to, in v->entries.url; *type is what it should be of, where that is not in the URL. */
static struct fst_view target_url(struct fst_validator *v, struct fst_view base, struct fst_view reference, struct fst_view *type)
{
    const char     *slash = memchr(reference.p, '/', reference.n);
    struct fst_view name = reference, version = cut_version(&name);

    fst_buf_reset(&v->entries.url);
    fst_buf_add(&v->entries.url, base.p, base.n);
    if (fst_view_starts(base, "urn") || version.n)
        *type = fst_view_n(reference.p, (size_t)(slash - reference.p));
    if (fst_view_starts(base, "urn") && !version.n)
        name = fst_view_from(name, type->n + 1);
    else
        name = reference;
    fst_buf_add(&v->entries.url, name.p, name.n);
    return fst_buf_view(&v->entries.url);
}

enum fst_bundled fst_entries_resolve(struct fst_validator *v, struct fst_view reference, uint32_t *resource)
{
    const struct fst_frame *entry = v->scope->entry;
    struct fst_view         url = fst_tape_member_string(v->tape, entry->node, "fullUrl", &v->entries.base), type = { 0 };
    struct fst_view         bundle_type = fst_tape_member_string(v->tape, entry->up->node, "type", &v->entries.part);
    bool                    is_request = is_one_of(bundle_type, "transaction", "batch");
    bool                    is_response = is_one_of(bundle_type, "transaction-response", "batch-response");
    uint32_t                found, count;

    fst_beyond(v);
    *resource = FST_NO_NODE;
    if (!url.n && !is_response)
        return FST_BUNDLED_NAMELESS;
    if (fst_uri_is_absolute(reference)) {
        struct fst_view name = reference;
        if (cut_version(&name).n)
            return FST_BUNDLED_ELSEWHERE; /* the validator does not find them */
        url = reference;
    } else if (!url.n) {
        return FST_BUNDLED_ELSEWHERE;
    } else if (count_of(reference, '/') != 1 && count_of(reference, '/') != 3) {
        return is_request && fst_reference_is_search(v, reference) ? FST_BUNDLED_ELSEWHERE : FST_BUNDLED_MALFORMED;
    } else {
        url = target_url(v, base_of(url), reference, &type);
    }
    count = fst_entries_called(v, entry->up->node, FST_ENTRY_URL, url, &found);
    if (!count)
        return FST_BUNDLED_ELSEWHERE;
    *resource = fst_tape_member(v->tape, found, "resource");
    if (count > 1)
        return FST_BUNDLED_TWICE;
    if (*resource == FST_NO_NODE)
        return FST_BUNDLED_ELSEWHERE;
    return type.n && !fst_view_equal(fst_tape_member_string(v->tape, *resource, "resourceType", &v->entries.part), type) ? FST_BUNDLED_OTHER : FST_BUNDLED_HERE;
}
