#include "fhir/compile-private.h"

static void copy_section(struct fst_compiler *c, struct fst_rows *to, const void *from, uint32_t count)
{
    fst_rows_extend(c, to, count);
    if (!c->failed && count)
        memcpy(to->p, from, (size_t)count * to->size);
}

/* Begin with the tables of `base`; what is added refers to them by the same indexes. */
static void begin_with(struct fst_compiler *c, const struct fst_schema *base)
{
    c->base = *base;
#define FST_SECTION(type, name) copy_section(c, &c->name, base->name, base->name##_count);
    FST_SECTIONS(FST_SECTION)
#undef FST_SECTION
    fst_compile_intern_pool(c);
}

/* Without a base: the tables' first rows, which stand for nothing. */
static void begin_empty(struct fst_compiler *c)
{
    fst_rows_extend(c, &c->hashes, FST_HASH_COUNT);
    fst_rows_extend(c, &c->pool, 1); /* so that no string is at 0 */
    fst_rows_extend(c, &c->points, 1);
    fst_rows_extend(c, &c->values, 1);
    fst_rows_extend(c, &c->paths, 1);
}

static void lay_out(struct fst_compiler *c, struct fst_buf *image, struct fst_image_map *map)
{
    static const char zeros[8];
#define FST_SECTION(type, name)                                    \
    fst_buf_add(image, zeros, (8 - image->len % 8) % 8);           \
    map->name##_at = (uint32_t)image->len;                         \
    map->name##_count = c->name.count;                             \
    fst_buf_add(image, c->name.p, (size_t)c->name.count * c->name.size);
    FST_SECTIONS(FST_SECTION)
#undef FST_SECTION
    fst_buf_add(image, zeros, (8 - image->len % 8) % 8);
}

static void compiler_init(struct fst_compiler *c, struct fst_error *err)
{
    *c = (struct fst_compiler){ .err = err };
    fst_arena_init(&c->names, 0);
    c->fact_types.size = sizeof(struct fst_fact_type);
    c->fact_elements.size = sizeof(struct fst_fact_element);
    c->fact_rules.size = sizeof(struct fst_fact_rule);
    c->fact_contexts.size = sizeof(struct fst_fact_context);
    c->fact_points.size = sizeof(struct fst_fact_point);
    c->defs.size = sizeof(struct fst_fact_def);
#define FST_SECTION(type, name) c->name.size = sizeof(type);
    FST_SECTIONS(FST_SECTION)
#undef FST_SECTION
}

static void compiler_clear(struct fst_compiler *c)
{
    fst_arena_clear(&c->names);
    free(c->fact_types.p);
    free(c->fact_elements.p);
    free(c->fact_rules.p);
    free(c->fact_contexts.p);
    free(c->fact_points.p);
    fst_tape_clear(&c->tape);
    free(c->defs.p);
    free(c->interned.p);
#define FST_SECTION(type, name) free(c->name.p);
    FST_SECTIONS(FST_SECTION)
#undef FST_SECTION
}

enum fst_status fst_compile_facts(const struct fst_schema *base, struct fst_view facts, struct fst_buf *image, struct fst_image_map *map,
                                  struct fst_error *err)
{
    struct fst_compiler c;
    compiler_init(&c, err);
    if (base)
        begin_with(&c, base);
    else
        begin_empty(&c);
    if (!c.failed)
        fst_compile_read(&c, facts);
    if (!c.failed)
        fst_compile_terms_end(&c);
    if (!c.failed && !base)
        fst_compile_types(&c);
    if (!c.failed)
        fst_compile_profiles(&c);
    if (!c.failed)
        lay_out(&c, image, map);
    enum fst_status st = c.failed == FST_ENOMEM ? fst_fail(err, FST_ENOMEM, "facts: out of memory") : c.failed;
    compiler_clear(&c);
    return st ? st : fst_buf_check(image, err);
}

struct fst_schema fst_image_open(const char *image, const struct fst_image_map *map)
{
    struct fst_schema s;
#define FST_SECTION(type, name)                                     \
    s.name = (const type *)(const void *)(image + map->name##_at);  \
    s.name##_count = map->name##_count;
    FST_SECTIONS(FST_SECTION)
#undef FST_SECTION
    return s;
}

void fst_compile_write_c(const struct fst_buf *image, const struct fst_image_map *map, struct fst_buf *out)
{
#define FST_SECTION(type, name) \
    fst_buf_addf(out, "#define R4_%s_AT %u\n#define R4_%s_COUNT %u\n", #name, map->name##_at, #name, map->name##_count);
    FST_SECTIONS(FST_SECTION)
#undef FST_SECTION
    fst_buf_add_str(out, "static const uint64_t r4_image[] = {\n");
    for (size_t i = 0; i + 8 <= image->len; i += 8) {
        uint64_t word;
        memcpy(&word, image->p + i, sizeof word);
        fst_buf_addf(out, "0x%llx,%s", (unsigned long long)word, i % 64 == 56 ? "\n" : "");
    }
    fst_buf_add_str(out, "};\n");
}
