#include "fhir/profiles.h"

#include "base/digest.h"
#include "fhir/compile.h"
#include "fhir/define.h"
#include "fhir/package.h"

enum { MAX_FACTS_BYTES = 256 << 20, MAX_IMAGE_BYTES = 256 << 20 };

struct fst_profiles {
    struct fst_buf    image;
    struct fst_schema schema;
    char              digest[2 * FST_SHA256_BYTES + 1];
};

/* ---- looking up */

static bool is_version(struct fst_view known, struct fst_view asked)
{
    return fst_view_equal(known, asked) ||
           (known.n > asked.n && known.p[asked.n] == '.' && !memcmp(known.p, asked.p, asked.n)); /* "5.0" is met by 5.0.1 */
}

uint32_t fst_profile_find(const struct fst_schema *s, struct fst_view canonical)
{
    if (!canonical.n)
        return UINT32_MAX;
    const char                *bar = memchr(canonical.p, '|', canonical.n);
    struct fst_view            url = bar ? fst_view_n(canonical.p, (size_t)(bar - canonical.p)) : canonical;
    struct fst_view            version = bar ? fst_view_from(canonical, url.n + 1) : (struct fst_view){ 0 };
    const struct fst_hash_row *h = &s->hashes[FST_HASH_PROFILES];
    uint32_t                   mask = (1u << h->bits) - 1, at = fst_hash_name(url.p, url.n, h->seed, h->bits);
    for (uint16_t i; (i = s->slots[h->at + at]); at = (at + 1) & mask) {
        const struct fst_profile_row *p = &s->profiles[i - 1];
        if (fst_view_equal(fst_pool_view(s, p->url), url))
            return !version.n || is_version(fst_pool_view(s, p->version), version) ? i - 1u : UINT32_MAX;
    }
    return UINT32_MAX;
}

bool fst_is_base_definition(const struct fst_schema *s, struct fst_view canonical)
{
    static const char prefix[] = "http://hl7.org/fhir/StructureDefinition/";
    const char       *bar = canonical.n ? memchr(canonical.p, '|', canonical.n) : NULL;
    if (bar)
        canonical.n = (size_t)(bar - canonical.p);
    return fst_view_starts(canonical, prefix) && fst_schema_find(s, fst_view_from(canonical, sizeof prefix - 1)) != FST_NO_DEF;
}

/* ---- loading */

static enum fst_status take(void *ctx, const char *name, struct fst_view json, struct fst_error *err)
{
    return fst_define_add(ctx, json, name, err);
}

/* What is loaded: files, or (count 0) a text. */
struct sources {
    const char *const *paths;
    size_t             count;
    struct fst_view    json;
    const char        *name;
};

static enum fst_status read_one(struct fst_define *d, const struct sources *from, size_t i, struct fst_error *err)
{
    const char     *name = from->count ? from->paths[i] : from->name;
    size_t          before = fst_define_structures(d);
    enum fst_status st = from->count ? fst_package_each(name, take, d, err) : take(d, name, from->json, err);
    if (!st && fst_define_structures(d) == before)
        st = fst_fail(err, FST_EPARSE, "%s: no StructureDefinition in it", name);
    return st;
}

static enum fst_status compile(struct fst_profiles *p, struct fst_define *d, struct fst_error *err)
{
    struct fst_buf       facts;
    struct fst_image_map map;
    fst_buf_init(&facts, MAX_FACTS_BYTES);
    enum fst_status st = fst_define_write(d, &facts, err);
    if (!st)
        st = fst_compile_facts(fst_schema_r4(), fst_buf_view(&facts), &p->image, &map, err);
    if (!st) {
        uint8_t sha256[FST_SHA256_BYTES];
        fst_sha256(fst_buf_view(&facts), sha256);
        fst_hex(sha256, sizeof sha256, p->digest);
        p->schema = fst_image_open(p->image.p, &map);
    }
    fst_buf_clear(&facts);
    return st ? fst_fail_while(err, st, "profiles") : FST_OK;
}

static enum fst_status load(struct fst_profiles **out, const struct sources *from, struct fst_error *err)
{
    struct fst_profiles *p = calloc(1, sizeof *p);
    struct fst_define   *d = fst_define_new();
    enum fst_status      st = p && d ? FST_OK : fst_fail(err, FST_ENOMEM, "profiles: out of memory");
    if (p)
        fst_buf_init(&p->image, MAX_IMAGE_BYTES);
    for (size_t i = 0; !st && i < (from->count ? from->count : 1); i++)
        st = read_one(d, from, i, err);
    if (!st)
        st = compile(p, d, err);
    fst_define_free(d);
    if (st) {
        fst_profiles_free(p);
        p = NULL;
    }
    *out = p;
    return st;
}

enum fst_status fst_profiles_load(struct fst_profiles **out, const char *const *paths, size_t count, struct fst_error *err)
{
    const struct sources from = { .paths = paths, .count = count };
    *out = NULL;
    return count ? load(out, &from, err) : FST_OK;
}

enum fst_status fst_profiles_parse(struct fst_profiles **out, struct fst_view json, const char *name, struct fst_error *err)
{
    const struct sources from = { .json = json, .name = name };
    return load(out, &from, err);
}

void fst_profiles_free(struct fst_profiles *p)
{
    if (!p)
        return;
    fst_buf_clear(&p->image);
    free(p);
}

const struct fst_schema *fst_profiles_schema(const struct fst_profiles *p)
{
    return &p->schema;
}

const char *fst_profiles_digest(const struct fst_profiles *p)
{
    return p->digest;
}

bool fst_profiles_know(const struct fst_profiles *p, struct fst_view canonical)
{
    const struct fst_schema *s = p ? &p->schema : fst_schema_r4();
    return fst_profile_find(s, canonical) != UINT32_MAX || fst_is_base_definition(s, canonical);
}
