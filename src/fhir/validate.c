#include "fhir/profiles.h"
#include "fhir/types.h"
#include "fhir/validate-private.h"

enum { DEFAULT_MAX_ISSUES = 100, MAX_TEXT = 64 << 10 };

static const struct { const char *name, *api; } levels[] = {
    [FST_LEVEL_STRICT] = { "strict", "STRICT" },
    [FST_LEVEL_STRUCTURE_ONLY] = { "structure-only", "STRUCTURE_ONLY" },
    [FST_LEVEL_MINIMAL] = { "minimal", "MINIMAL" },
};

bool fst_level_parse(enum fst_level *out, struct fst_view text)
{
    for (size_t i = 0; i < FST_COUNT(levels); i++)
        if (fst_view_is(text, levels[i].name) || fst_view_is(text, levels[i].api)) {
            *out = (enum fst_level)i;
            return true;
        }
    return false;
}

const char *fst_level_name(enum fst_level level)
{
    return levels[level].name;
}

/* ---- what is looked up once */

static void find_known(struct fst_validator *v)
{
    static const struct { struct fst_view type, element; } rows[] = {
#define FST_KNOWN_ROW(id, type, element) { FST_VIEW(type), FST_VIEW(element) },
        FST_KNOWN_ELEMENTS(FST_KNOWN_ROW)
#undef FST_KNOWN_ROW
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++)
        v->known[i] = fst_schema_element(v->schema, fst_schema_find(v->schema, rows[i].type), rows[i].element)->index;
}

bool fst_is_published(const struct fst_schema *s, fst_def def)
{
    static const struct fst_view  url = FST_VIEW("url"), status = FST_VIEW("status");
    const struct fst_element     *published = def != FST_NO_DEF && s->types[def].kind == FST_DEF_RESOURCE ? fst_schema_element(s, def, status) : NULL;

    return published && fst_schema_element(s, def, url) && published->binding != FST_NONE && s->bindings[published->binding].set != FST_NONE &&
           fst_view_is(fst_pool_view(s, s->sets[s->bindings[published->binding].set].url), "publication-status");
}

static bool find_rules(struct fst_validator *v)
{
    /* `within`: it looks at nothing but the object and how that hangs on the one around it; see fhir/validate-memo.c. */
    static const struct { struct fst_view type; fst_type_rule_fn *rule; bool within; } rows[] = {
        { FST_VIEW("Coding"), fst_rule_coding, true },
        { FST_VIEW("CodeableConcept"), fst_rule_concept, true },
        { FST_VIEW("Quantity"), fst_rule_quantity, true },
        { FST_VIEW("Identifier"), fst_rule_identifier, true },
        { FST_VIEW("Attachment"), fst_rule_attachment, true },
        { FST_VIEW("Extension"), fst_rule_extension, true },
        { FST_VIEW("Narrative"), fst_rule_narrative, true },
        { FST_VIEW("Reference"), fst_rule_reference, true },
        { FST_VIEW("Meta"), fst_rule_meta, true },
        { FST_VIEW("Bundle.entry"), fst_rule_entry },
        { FST_VIEW("Bundle"), fst_rule_bundle },
        { FST_VIEW("CodeSystem"), fst_rule_code_system },
        { FST_VIEW("CodeSystem.concept"), fst_rule_concept_definition },
        { FST_VIEW("ValueSet.compose.include"), fst_rule_include },
        { FST_VIEW("ConceptMap.group.element"), fst_rule_map_element },
        { FST_VIEW("ConceptMap.group.element.target"), fst_rule_map_target },
        { FST_VIEW("Questionnaire.item"), fst_rule_question },
        { FST_VIEW("Measure.group.stratifier"), fst_rule_stratifier },
        { FST_VIEW("ImplementationGuide"), fst_rule_guide },
        { FST_VIEW("ImplementationGuide.dependsOn"), fst_rule_dependency },
        { FST_VIEW("StructureDefinition"), fst_rule_definition },
        { FST_VIEW("StructureDefinition.snapshot"), fst_rule_snapshot },
        { FST_VIEW("SearchParameter"), fst_rule_search_parameter },
        { FST_VIEW("StructureMap.group.rule.source"), fst_rule_map_rule_source },
        { FST_VIEW("StructureMap.group.rule.target"), fst_rule_map_rule_target },
    };
    v->type_rules = calloc(v->schema->types_count, sizeof *v->type_rules);
    for (uint32_t def = 0; v->type_rules && def < v->schema->types_count; def++) {
        for (size_t i = 0; i < FST_COUNT(rows); i++)
            if (fst_schema_is_a(v->schema, (fst_def)def, fst_schema_find(v->schema, rows[i].type)))
                v->type_rules[def] = (struct fst_type_rule){ rows[i].rule, rows[i].within };
        if (!v->type_rules[def].check && fst_is_published(v->schema, (fst_def)def))
            v->type_rules[def].check = fst_rule_canonical;
    }
    return v->type_rules;
}

enum fst_status fst_validator_new(struct fst_validator **out, const struct fst_validate_opts *opts, struct fst_error *err)
{
    struct fst_validator *v = *out = calloc(1, sizeof *v);
    if (!v)
        return fst_fail(err, FST_ENOMEM, "validator: out of memory");
    v->opts = *opts;
    if (!v->opts.max_issues)
        v->opts.max_issues = DEFAULT_MAX_ISSUES;
    v->schema = opts->profiles ? fst_profiles_schema(opts->profiles) : fst_schema_r4();
    v->extension_name = v->schema->types[fst_schema_find(v->schema, (struct fst_view)FST_VIEW("Extension"))].name;
    fst_buf_init(&v->expression, MAX_TEXT);
    fst_buf_init(&v->text, MAX_TEXT);
    fst_buf_init(&v->shown, MAX_TEXT);
    fst_buf_init(&v->hint, MAX_TEXT);
    fst_buf_init(&v->scratch, SIZE_MAX / 2);
    fst_buf_init(&v->scratch2, SIZE_MAX / 2);
    fst_entries_init(&v->entries);
    find_known(v);
    v->guesses = calloc((size_t)v->schema->types_count + v->schema->members_count, sizeof *v->guesses);
    v->usual_resource = fst_schema_find(v->schema, (struct fst_view)FST_VIEW("Patient"));
    v->usual_targets = malloc(v->schema->members_count * sizeof *v->usual_targets);
    if (v->usual_targets)
        memset(v->usual_targets, 0xFF, v->schema->members_count * sizeof *v->usual_targets); /* FST_NO_DEF */
    if (!v->guesses || !v->usual_targets || !find_rules(v) || fst_invariants_new(&v->invariants, v->schema) || fst_profile_check_new(&v->profile_check, v->schema) ||
        (!opts->no_memo && fst_memo_new(&v->memo, v->schema))) {
        fst_validator_free(v);
        *out = NULL;
        return fst_fail(err, FST_ENOMEM, "validator: out of memory");
    }
    return FST_OK;
}

void fst_validator_free(struct fst_validator *v)
{
    if (!v)
        return;
    fst_buf_clear(&v->expression);
    fst_buf_clear(&v->text);
    fst_buf_clear(&v->shown);
    fst_buf_clear(&v->hint);
    fst_buf_clear(&v->scratch);
    fst_buf_clear(&v->scratch2);
    fst_entries_clear(&v->entries);
    free(v->links.nodes);
    free(v->ids.nodes);
    free(v->guesses);
    free(v->usual_targets);
    free(v->concepts.nodes);
    free(v->type_rules);
    fst_invariants_free(v->invariants);
    fst_profile_check_free(v->profile_check);
    fst_memo_free(v->memo);
    free(v);
}

/* ---- a resource */

/* The type that `resourceType` names, or NULL with the issue sent. */
static const struct fst_type_row *type_of(struct fst_validator *v, struct fst_place place, uint32_t node)
{
    uint32_t name = fst_tape_member(v->tape, node, "resourceType");
    if (name == FST_NO_NODE) {
        fst_error_at(v, place, FST_ISSUE_STRUCTURE, "resource-type", node, "resourceType is missing");
        return NULL;
    }
    if (fst_tape_kind(v->tape, name) != FST_JSON_STRING) {
        fst_error_at(v, place, FST_ISSUE_STRUCTURE, "resource-type", name, "resourceType is not a string");
        return NULL;
    }
    struct fst_view value = fst_value_of(v, name);
    if (fst_view_equal(value, fst_pool_view(v->schema, v->schema->types[v->usual_resource].name)))
        return &v->schema->types[v->usual_resource];
    fst_def def = fst_schema_find(v->schema, value);
    if (def == FST_NO_DEF || v->schema->types[def].kind != FST_DEF_RESOURCE || v->schema->types[def].is_abstract) {
        v->root_name = place.at ? (struct fst_view){ 0 } : value;
        fst_error_at(v, place, FST_ISSUE_STRUCTURE, "resource-type", name, "%.*s is not a resource type of R4",
                     FST_VIEW_ARGS(fst_shown_code(v, value)));
        v->root_name = (struct fst_view){ 0 };
        return NULL;
    }
    v->usual_resource = def;
    return &v->schema->types[def];
}

const struct fst_frame *fst_entry_around(const struct fst_validator *v, const struct fst_frame *at)
{
    if (at && v->type_rules[at->type - v->schema->types].check == fst_rule_entry)
        return at;
    return v->scope ? v->scope->entry : NULL;
}

static bool is_id(struct fst_validator *v, uint32_t node)
{
    return fst_tape_kind(v->tape, node) == FST_JSON_STRING && fst_id_is_valid(fst_value_of(v, node));
}

static void check_minimal(struct fst_validator *v, const struct fst_frame *at)
{
    static const struct fst_view name = FST_VIEW("id");
    uint32_t                     id = fst_tape_member(v->tape, at->node, "id");
    struct fst_place place = { at, fst_schema_member(v->schema, (fst_def)(at->type - v->schema->types), name), -1 };
    if (id != FST_NO_NODE && !is_id(v, id))
        fst_error_at(v, place, FST_ISSUE_VALUE, "id", id, "id is not 1 to 64 letters, digits, '-' and '.'");
}

void fst_validate_resource(struct fst_validator *v, const struct fst_frame *up, const struct fst_member *member, int32_t index,
                        uint32_t node)
{
    struct fst_frame           frame = { .up = up, .member = member, .index = index, .node = node };
    struct fst_resource_scope  scope = { v->scope, &frame, fst_entry_around(v, up), up && up->type->kind == FST_DEF_RESOURCE };
    uint32_t                   first_link = v->links.count, first_id = v->ids.count;
    fst_beyond(v);
    frame.type = type_of(v, (struct fst_place){ up, member, index }, node);
    if (!frame.type)
        return;
    v->scope = &scope;
    if (v->opts.level == FST_LEVEL_MINIMAL)
        check_minimal(v, &frame);
    else
        fst_validate_object(v, &frame);
    if (v->opts.level == FST_LEVEL_STRICT) {
        fst_validate_profiles(v, &frame);
        fst_validate_contained(v, &frame, first_link);
    }
    v->links.count = scope.is_contained ? v->links.count : first_link;
    v->ids.count = first_id;
    v->scope = scope.up;
}

static void check_root(struct fst_validator *v, uint32_t root)
{
    struct fst_place nowhere = { 0 };
    if (fst_tape_kind(v->tape, root) != FST_JSON_OBJECT) {
        fst_error_at(v, nowhere, FST_ISSUE_STRUCTURE, "json-type", root, "a resource is a JSON object");
        return;
    }
    fst_invariants_begin(v);
    fst_validate_resource(v, NULL, NULL, -1, root);
    if (fst_invariants_are_spent(v))
        fst_warn_at(v, nowhere, FST_ISSUE_TOO_COSTLY, "too-costly", root, "not all invariants were judged: that would take too long");
    if (v->opts.staged && fst_tape_member(v->tape, root, "id") == FST_NO_NODE)
        fst_error_at(v, nowhere, FST_ISSUE_REQUIRED, "id", root, "id is missing: the import needs one");
}

enum fst_status fst_validate(struct fst_validator *v, const struct fst_tape *tape, uint32_t root, fst_issue_fn *sink, void *ctx,
                             struct fst_verdict *verdict)
{
    v->tape = tape;
    v->sink = sink;
    v->ctx = ctx;
    v->sent = v->lookups = 0;
    v->scope = NULL;
    v->links.count = v->ids.count = 0;
    v->searches = v->steps = 0;
    v->concepts_of = v->entries.of = FST_NO_NODE;
    v->entries.probes = v->entries.nameless = 0;
    v->verdict = (struct fst_verdict){ 0 };
    check_root(v, root);
    v->verdict.ok = !v->verdict.errors;
    *verdict = v->verdict;
    v->out_of_memory |= v->scratch.failed == FST_ENOMEM;
    return v->out_of_memory ? FST_ENOMEM : FST_OK;
}
