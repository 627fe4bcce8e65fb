#include "prepare/collect.h"

#include "json/writer.h"

enum { LINE_MAX_BYTES = 1 << 30 };

void fst_collector_init(struct fst_collector *c, struct fst_registry *registry, unsigned writer)
{
    *c = (struct fst_collector){ .registry = registry, .writer = writer };
    fst_facts_init(&c->facts);
    fst_buf_init(&c->line, LINE_MAX_BYTES);
    fst_buf_init(&c->scratch[0], LINE_MAX_BYTES);
    fst_buf_init(&c->scratch[1], LINE_MAX_BYTES);
}

void fst_collector_clear(struct fst_collector *c)
{
    fst_facts_clear(&c->facts);
    fst_tape_clear(&c->tape);
    fst_buf_clear(&c->line);
    fst_buf_clear(&c->scratch[0]);
    fst_buf_clear(&c->scratch[1]);
}

const struct fst_scope *fst_value_scope(const struct fst_registry *r, const struct fst_value *v, struct fst_scope *scope)
{
    if (r->ids != FST_IDS_SCOPE || v->bundle == FST_NO_BUNDLE)
        return NULL;
    *scope = (struct fst_scope){ v->source, v->bundle_offset };
    return scope;
}

static enum fst_status parse(struct fst_collector *c, struct fst_view text, bool *ok, struct fst_error *err)
{
    struct fst_json_opts  opts = { .parser = c->registry->parser };
    struct fst_json_error jerr;
    enum fst_status       st = fst_json_parse(&c->tape, text, &opts, &jerr);

    *ok = !st;
    if (st == FST_ENOMEM)
        return fst_fail(err, st, "out of memory");
    return FST_OK;
}

/* The facts, by a parse where skimming is not enough. *ok: there are any. */
static enum fst_status find_facts(struct fst_collector *c, const struct fst_value *v, bool *ok, struct fst_error *err)
{
    enum fst_skimmed how = fst_facts_skim(&c->facts, v->text, v->entry >= 0);
    enum fst_status  st;
    uint32_t         resource;

    *ok = how == FST_SKIMMED;
    if (how != FST_SKIM_HARD)
        return FST_OK;
    st = parse(c, v->text, ok, err);
    if (!st && *ok)
        fst_facts_read(&c->facts, &c->tape, 0, v->entry >= 0, &resource);
    return st;
}

static enum fst_status add(struct fst_collector *c, struct fst_hash128 key, uint64_t pos, uint64_t extra, struct fst_error *err)
{
    struct fst_record r = { key, pos, extra };
    return fst_index_add(c->registry->index, c->writer, &r, err);
}

/* Who the resource is, as a target; adds the record that counts equal anonymous ones. *ok: it can be pointed at. */
static enum fst_status find_self(struct fst_collector *c, const struct fst_value *v, const struct fst_identity *id,
                                 struct fst_target *self, bool *ok, struct fst_error *err)
{
    enum fst_status st;

    *self = (struct fst_target){ .kind = FST_TARGET_KNOWN, .type = id->type, .pos = v->pos };
    *ok = id->origin == FST_ID_KNOWN;
    memcpy(self->id, id->id, sizeof self->id);
    if (id->origin != FST_ID_ANONYMOUS)
        return FST_OK;
    self->kind = FST_TARGET_ANONYMOUS;
    st = parse(c, c->facts.resource, ok, err);
    if (st || !*ok)
        return st;
    fst_buf_reset(&c->line);
    fst_json_minify(&c->line, &c->tape, 0);
    st = fst_buf_check(&c->line, err);
    if (st)
        return st;
    fst_sha256(fst_buf_view(&c->line), self->sha256);
    return add(c, fst_key_anonymous(self->sha256), v->pos, 0, err);
}

static enum fst_status keep(struct fst_collector *c, const struct fst_target *t, uint64_t *handle, struct fst_error *err)
{
    uint8_t bytes[FST_TARGET_BYTES];
    size_t  n = fst_target_pack(bytes, t);
    return fst_heap_add(c->registry->heap, c->writer, fst_view_n((const char *)bytes, n), handle, err);
}

/* A record of the resource's own under its ifNoneExist; what points to it points to whoever comes first there. */
static enum fst_status add_create(struct fst_collector *c, const struct fst_target *self, struct fst_target *target,
                                  struct fst_error *err)
{
    struct fst_view search = c->facts.text[FST_FACT_IF_NONE_EXIST];
    uint64_t        handle;
    enum fst_status st;

    *target = *self;
    if (!search.n)
        return FST_OK;
    target->kind = FST_TARGET_CREATE;
    target->create = fst_key_create(self->type, search);
    c->registry->creates = true;
    st = keep(c, self, &handle, err);
    return st ? st : add(c, target->create, self->pos, handle, err);
}

/* "Type/name" as a link of the Bundle. */
static enum fst_status add_relative(struct fst_collector *c, const struct fst_value *v, fst_type type,
                                    struct fst_view name, uint64_t handle, struct fst_error *err)
{
    char   text[FST_TARGET_MAX], id[FST_ID_MAX + 1] = "";
    size_t n;

    if (!fst_id_is_valid(name))
        return FST_OK;
    memcpy(id, name.p, name.n);
    n = fst_target_format(text, type, id);
    c->registry->relative_links = true;
    return add(c, fst_key_link(v->bundle, fst_view_n(text, n)), v->pos, handle, err);
}

static enum fst_status add_links(struct fst_collector *c, const struct fst_value *v, const struct fst_identity *id,
                                 uint64_t handle, struct fst_error *err)
{
    struct fst_view full_url = fst_link_split(c->facts.text[FST_FACT_FULL_URL]).base, tail;
    enum fst_status st = FST_OK;
    fst_type        type;
    bool            named = fst_url_tail(full_url, &type, &tail);

    if (full_url.n && (!named || type == id->type)) { /* what says Patient leads to no Observation */
        st = add(c, fst_key_link(v->bundle, full_url), v->pos, handle, err);
        if (!fst_view_starts(full_url, "urn:"))
            c->registry->absolute_links = true;
    }
    if (!id->renamed || st)
        return st;
    st = add_relative(c, v, id->type, c->facts.text[FST_FACT_ID], handle, err);
    if (!st)
        st = add_relative(c, v, id->type, fst_put_id(&c->facts), handle, err);
    if (!st && named && type == id->type)
        st = add_relative(c, v, type, tail, handle, err);
    return st;
}

struct identifier_ctx {
    struct fst_collector   *c;
    const struct fst_value *v;
    fst_type                type;
    struct fst_target       target;
    bool                    kept;
    uint64_t                handle; /* of the target in the heap, once it is kept */
};

static enum fst_status target_handle(struct identifier_ctx *x, struct fst_error *err)
{
    if (x->kept)
        return FST_OK;
    x->kept = true;
    return keep(x->c, &x->target, &x->handle, err);
}

static enum fst_status add_identifier(void *ctx, struct fst_view system, struct fst_view value, struct fst_error *err)
{
    struct identifier_ctx *x = ctx;
    enum fst_status        st = target_handle(x, err);
    return st ? st : add(x->c, fst_key_identifier(x->type, system, value), x->v->pos, x->handle, err);
}

enum fst_status fst_collect(struct fst_collector *c, const struct fst_value *v, struct fst_error *err)
{
    struct identifier_ctx x = { .c = c, .v = v };
    struct fst_identity   id;
    struct fst_scope      scope;
    struct fst_target     self;
    enum fst_skip         skip;
    enum fst_status       st;
    bool                  ok;

    if (v->broken)
        return FST_OK;
    st = find_facts(c, v, &ok, err);
    if (st || !ok)
        return st;
    skip = fst_value_skip(c->registry->selection, &c->facts, v->entry >= 0);
    if (skip == FST_SKIP_NOT_A_WRITE || skip == FST_SKIP_NO_RESOURCE)
        return FST_OK;
    fst_identity_of(&id, &c->facts, fst_value_scope(c->registry, v, &scope));
    if (id.type == FST_NO_TYPE)
        return FST_OK;
    st = find_self(c, v, &id, &self, &ok, err);
    if (st || !ok)
        return st;
    if (c->registry->claims && skip == FST_SKIP_COUNT && self.kind == FST_TARGET_KNOWN)
        st = add(c, fst_key_claim(self.type, self.id), v->pos, 0, err);
    x.type = id.type;
    if (!st)
        st = add_create(c, &self, &x.target, err);
    if (!st && v->bundle != FST_NO_BUNDLE) {
        st = target_handle(&x, err);
        if (!st)
            st = add_links(c, v, &id, x.handle, err);
    }
    return st ? st : fst_facts_each_identifier(&c->facts, c->scratch, add_identifier, &x, err);
}
