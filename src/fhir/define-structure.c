#include "fhir/define-private.h"
#include "json/writer.h"

struct source { /* one StructureDefinition being written */
    struct fst_define     *d;
    const struct fst_tape *t;
    struct fst_view        url, type;
    bool                   is_profile;
    struct fst_buf        *out;
};

static struct fst_view string_of(struct source *s, uint32_t object, const char *name)
{
    return fst_tape_member_string(s->t, object, name, &s->d->undo);
}

void fst_define_add_url(struct fst_buf *out, struct fst_view url, const char *prefix)
{
    const char *bar = url.n ? memchr(url.p, '|', url.n) : NULL;
    if (bar)
        url.n = (size_t)(bar - url.p);
    if (fst_view_starts(url, prefix))
        url = fst_view_from(url, strlen(prefix));
    fst_buf_add_view(out, url);
}

/* White space in a row becomes one space: a fact is a line. */
static void add_line(struct fst_buf *out, struct fst_view text)
{
    bool space = false;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c <= ' ') {
            space = true;
            continue;
        }
        if (space && out->len && out->p[out->len - 1] != ' ')
            fst_buf_add_char(out, ' ');
        space = false;
        fst_buf_add_char(out, (char)c);
    }
}

/* The extension `name` of HL7 on an element, or FST_NO_NODE. */
static uint32_t hl7_extension(struct source *s, uint32_t object, const char *name)
{
    uint32_t extensions = object == FST_NO_NODE ? FST_NO_NODE : fst_tape_member(s->t, object, "extension");
    if (extensions == FST_NO_NODE)
        return FST_NO_NODE;
    FST_EACH_ELEMENT(s->t, extensions, e) {
        struct fst_view url = string_of(s, e, "url");
        if (fst_view_starts(url, FST_HL7_STRUCTURE) && fst_view_is(fst_view_from(url, strlen(FST_HL7_STRUCTURE)), name))
            return e;
    }
    return FST_NO_NODE;
}

static void add_urls(struct source *s, uint32_t urls, const char *separator)
{
    const char *next = "";
    FST_EACH_ELEMENT(s->t, urls, url) {
        fst_buf_add_str(s->out, next);
        fst_define_add_url(s->out, fst_tape_raw(s->t, url), FST_HL7_STRUCTURE);
        next = separator;
    }
}

/* "Reference(Patient,Group)", "Quantity<SimpleQuantity>", "dateTime". */
static void add_type(struct source *s, uint32_t type)
{
    struct fst_view code = string_of(s, type, "code");
    if (fst_view_starts(code, "http://hl7.org/fhirpath/")) {
        uint32_t fhir_type = hl7_extension(s, type, "structuredefinition-fhir-type");
        if (fhir_type != FST_NO_NODE)
            code = fst_tape_raw(s->t, fst_tape_member(s->t, fhir_type, "valueUrl"));
    }
    fst_define_add_url(s->out, code, FST_HL7_STRUCTURE);
    uint32_t profiles = fst_tape_member(s->t, type, "profile"), targets = fst_tape_member(s->t, type, "targetProfile");
    if (profiles != FST_NO_NODE) {
        fst_buf_add_char(s->out, '<');
        add_urls(s, profiles, ",");
        fst_buf_add_char(s->out, '>');
    }
    if (targets != FST_NO_NODE) {
        fst_buf_add_char(s->out, '(');
        add_urls(s, targets, ",");
        fst_buf_add_char(s->out, ')');
    }
}

static void add_types(struct source *s, uint32_t element)
{
    struct fst_view reference = string_of(s, element, "contentReference");
    uint32_t        types = fst_tape_member(s->t, element, "type");
    if (reference.n) {
        const char *hash = memchr(reference.p, '#', reference.n);
        fst_buf_add_view(s->out, hash ? fst_view_from(reference, (size_t)(hash - reference.p)) : reference);
        return;
    }
    const char *separator = "";
    if (types == FST_NO_NODE) {
        fst_buf_add_char(s->out, '-');
        return;
    }
    /* The definitions say string, §2.27.1 and the validators id. */
    if (fst_view_is(string_of(s, fst_tape_member(s->t, element, "base"), "path"), "Resource.id")) {
        fst_buf_add_str(s->out, "id");
        return;
    }
    FST_EACH_ELEMENT(s->t, types, type) {
        fst_buf_add_str(s->out, separator);
        add_type(s, type);
        separator = "|";
    }
}

static void use_valueset(struct source *s, struct fst_view url)
{
    struct fst_define_item *item = (struct fst_define_item *)fst_define_find(s->d, FST_DEFINE_VALUESET, url);
    if (item)
        item->used = true;
}

static bool may_be_coding(struct source *s, uint32_t element)
{
    uint32_t types = fst_tape_member(s->t, element, "type");
    if (types == FST_NO_NODE)
        return false;
    FST_EACH_ELEMENT(s->t, types, type)
        if (fst_view_is(string_of(s, type, "code"), "Coding"))
            return true;
    return false;
}

/* " required=administrative-gender max=all-languages". Weaker strengths than extensible bind nobody; that there is one is told of
 * a Coding, whose system is judged where nothing is bound. */
static void add_binding(struct source *s, uint32_t element)
{
    uint32_t binding = fst_tape_member(s->t, element, "binding");
    if (binding == FST_NO_NODE)
        return;
    struct fst_view strength = string_of(s, binding, "strength"), set = string_of(s, binding, "valueSet");
    if (set.n && (fst_view_is(strength, "required") || fst_view_is(strength, "extensible"))) {
        fst_buf_addf(s->out, " %.*s=", FST_VIEW_ARGS(strength));
        fst_define_add_url(s->out, set, FST_HL7_VALUESET);
        use_valueset(s, set);
    } else if (set.n && fst_view_is(strength, "preferred") && may_be_coding(s, element)) {
        fst_buf_add_str(s->out, " preferred=");
        fst_define_add_url(s->out, set, FST_HL7_VALUESET);
    }
    uint32_t max = hl7_extension(s, binding, "elementdefinition-maxValueSet");
    if (max == FST_NO_NODE)
        return;
    set = string_of(s, max, "valueCanonical");
    fst_buf_add_str(s->out, " max=");
    fst_define_add_url(s->out, set, FST_HL7_VALUESET);
    use_valueset(s, set);
}

/* " slices=open;value:coding.code;type:$this" */
static void add_slicing(struct source *s, uint32_t element)
{
    uint32_t slicing = fst_tape_member(s->t, element, "slicing");
    if (slicing == FST_NO_NODE)
        return;
    size_t start = s->out->len;
    fst_buf_addf(s->out, " slices=%.*s", FST_VIEW_ARGS(string_of(s, slicing, "rules")));
    if (fst_tape_member(s->t, slicing, "ordered") != FST_NO_NODE &&
        fst_tape_kind(s->t, fst_tape_member(s->t, slicing, "ordered")) == FST_JSON_TRUE)
        fst_buf_add_str(s->out, ",ordered");
    uint32_t discriminators = fst_tape_member(s->t, slicing, "discriminator");
    if (discriminators == FST_NO_NODE)
        return;
    FST_EACH_ELEMENT(s->t, discriminators, d) {
        fst_buf_addf(s->out, ";%.*s:", FST_VIEW_ARGS(string_of(s, d, "type")));
        add_line(s->out, string_of(s, d, "path"));
    }
    /* How every element's extensions are sliced need not be said. */
    if (fst_view_is(fst_view_from(fst_buf_view(s->out), start), " slices=open;value:url"))
        s->out->len = start;
}

/* " minValue=5", " maxValue=5|mg|http://unitsofmeasure.org": a number, or a quantity whose unit is coded. */
static void add_limit(struct source *s, const char *name, uint32_t limit)
{
    struct fst_view code, value;
    if (fst_tape_kind(s->t, limit) == FST_JSON_NUMBER) {
        fst_buf_addf(s->out, " %s=%.*s", name, FST_VIEW_ARGS(fst_tape_raw(s->t, limit)));
        return;
    }
    if (fst_tape_kind(s->t, limit) != FST_JSON_OBJECT)
        return;
    value = fst_tape_raw(s->t, fst_tape_member(s->t, limit, "value"));
    code = fst_tape_raw(s->t, fst_tape_member(s->t, limit, "code"));
    if (value.n && code.n && !memchr(code.p, ' ', code.n))
        fst_buf_addf(s->out, " %s=%.*s|%.*s|%.*s", name, FST_VIEW_ARGS(value), FST_VIEW_ARGS(code), FST_VIEW_ARGS(string_of(s, limit, "system")));
}

/* " fixedCode=…", " patternCodeableConcept=…": the rest of the line, JSON. Also minValue and maxValue, maxLength. */
static void add_values(struct source *s, uint32_t element)
{
    uint32_t value = FST_NO_NODE;
    FST_EACH_MEMBER(s->t, element, name) {
        struct fst_view n = fst_tape_raw(s->t, name);
        if (fst_view_starts(n, "minValue") || fst_view_starts(n, "maxValue"))
            add_limit(s, fst_view_starts(n, "minValue") ? "minValue" : "maxValue", name + 1);
        else if (fst_view_is(n, "maxLength"))
            fst_buf_addf(s->out, " %.*s=%.*s", FST_VIEW_ARGS(n), FST_VIEW_ARGS(fst_tape_raw(s->t, name + 1)));
        else if (fst_view_starts(n, "fixed") || fst_view_starts(n, "pattern"))
            value = name;
    }
    if (value == FST_NO_NODE)
        return;
    fst_buf_addf(s->out, " %.*s=", FST_VIEW_ARGS(fst_tape_raw(s->t, value)));
    fst_json_minify(s->out, s->t, value + 1);
}

static bool is_true(struct source *s, uint32_t object, const char *name)
{
    uint32_t v = fst_tape_member(s->t, object, name);
    return v != FST_NO_NODE && fst_tape_kind(s->t, v) == FST_JSON_TRUE;
}

static void add_cardinality(struct source *s, uint32_t element)
{
    fst_buf_addf(s->out, "%.*s..%.*s", FST_VIEW_ARGS(fst_tape_raw(s->t, fst_tape_member(s->t, element, "min"))),
                 FST_VIEW_ARGS(string_of(s, element, "max")));
}

/* The part behind the path: what two elements have to share to say the same. */
static void add_element_facts(struct source *s, uint32_t element)
{
    add_cardinality(s, element);
    fst_buf_add_char(s->out, ' ');
    add_types(s, element);
    if (is_true(s, element, "isModifier"))
        fst_buf_add_str(s->out, " modifier");
    add_binding(s, element);
    add_slicing(s, element);
    add_values(s, element);
}

static bool is_constraint(const struct fst_tape *t)
{
    return fst_tape_string_is(t, fst_tape_member(t, 0, "derivation"), "constraint");
}

/* A type's rule is told where that type is; a profile repeats those of the profiles it derives from. */
static bool is_own_rule(struct source *s, uint32_t rule)
{
    struct fst_view source = string_of(s, rule, "source");
    if (!source.n || fst_view_equal(source, s->url))
        return true;
    const struct fst_define_item *item = fst_define_find(s->d, FST_DEFINE_STRUCTURE, source);
    return s->is_profile && (!item || is_constraint(&item->tape));
}

/* The value sets that an expression asks about. */
static void use_members(struct source *s, struct fst_view expression)
{
    static const char call[] = "memberOf('";
    const char       *at = expression.p, *end = expression.p + expression.n, *quote;
    while (at && (at = memmem(at, (size_t)(end - at), call, sizeof call - 1))) {
        at += sizeof call - 1;
        quote = memchr(at, '\'', (size_t)(end - at));
        if (quote)
            use_valueset(s, fst_view_n(at, (size_t)(quote - at)));
        at = quote;
    }
}

static void add_rules(struct source *s, uint32_t element, struct fst_view path)
{
    uint32_t rules = fst_tape_member(s->t, element, "constraint");
    if (rules == FST_NO_NODE)
        return;
    FST_EACH_ELEMENT(s->t, rules, rule) {
        if (!is_own_rule(s, rule))
            continue;
        struct fst_view key = string_of(s, rule, "key");
        fst_buf_addf(s->out, "  rule %.*s ", FST_VIEW_ARGS(key));
        fst_buf_add_view(s->out, fst_tape_raw(s->t, fst_tape_member(s->t, rule, "severity")));
        fst_buf_addf(s->out, " .%.*s\n    says ", FST_VIEW_ARGS(path));
        add_line(s->out, string_of(s, rule, "human"));
        fst_buf_add_str(s->out, "\n    expr ");
        add_line(s->out, string_of(s, rule, "expression"));
        fst_buf_add_char(s->out, '\n');
        use_members(s, string_of(s, rule, "expression"));
    }
}

/* "Patient.contact" -> "contact"; "Patient" -> "". */
static struct fst_view below_root(struct fst_view id)
{
    const char *dot = id.n ? memchr(id.p, '.', id.n) : NULL;
    return dot ? fst_view_from(id, (size_t)(dot - id.p) + 1) : (struct fst_view){ "", 0 };
}

/* Is the element's definition this type's own? Inherited ones come from the type it specializes. */
static bool is_own_element(struct source *s, uint32_t element)
{
    struct fst_view base = string_of(s, fst_tape_member(s->t, element, "base"), "path");
    return base.n > s->type.n && base.p[s->type.n] == '.' && !memcmp(base.p, s->type.p, s->type.n);
}

static uint32_t snapshot_elements(struct source *s)
{
    uint32_t snapshot = fst_tape_member(s->t, 0, "snapshot");
    return snapshot == FST_NO_NODE ? FST_NO_NODE : fst_tape_member(s->t, snapshot, "element");
}

static bool source_init(struct source *s, struct fst_define *d, struct fst_define_item *item, struct fst_buf *out)
{
    *s = (struct source){ .d = d, .t = &item->tape, .out = out, .url = item->url };
    s->type = fst_tape_raw(s->t, fst_tape_member(s->t, 0, "type"));
    s->is_profile = is_constraint(s->t);
    return s->type.n && !fst_tape_string_is(s->t, fst_tape_member(s->t, 0, "kind"), "logical");
}

/* xhtml's and the like: an inherited element that the type narrows. */
static bool is_narrowed(struct source *s, uint32_t element)
{
    return fst_view_is(string_of(s, element, "max"), "0");
}

void fst_define_write_type(struct fst_define *d, struct fst_define_item *item, struct fst_buf *out)
{
    struct source s;
    if (!source_init(&s, d, item, out) || s.is_profile || snapshot_elements(&s) == FST_NO_NODE)
        return;
    struct fst_view kind = fst_tape_raw(s.t, fst_tape_member(s.t, 0, "kind"));
    struct fst_view base = fst_tape_raw(s.t, fst_tape_member(s.t, 0, "baseDefinition"));
    const char     *dash = memchr(kind.p, '-', kind.n);
    fst_buf_addf(out, "type %.*s %.*s", FST_VIEW_ARGS(s.type), (int)(dash ? dash - kind.p : (long)kind.n), kind.p);
    if (is_true(&s, 0, "abstract"))
        fst_buf_add_str(out, " abstract");
    if (base.n) {
        fst_buf_add_str(out, " : ");
        fst_define_add_url(out, base, FST_HL7_STRUCTURE);
    }
    fst_buf_add_char(out, '\n');
    FST_EACH_ELEMENT(s.t, snapshot_elements(&s), element) {
        struct fst_view path = below_root(fst_tape_raw(s.t, fst_tape_member(s.t, element, "path")));
        bool            is_value = fst_view_is(kind, "primitive-type") && fst_view_is(path, "value");
        if (path.n && !is_value && (is_own_element(&s, element) || is_narrowed(&s, element))) {
            fst_buf_addf(out, "  .%.*s ", FST_VIEW_ARGS(path));
            add_element_facts(&s, element);
            fst_buf_add_char(out, '\n');
        }
        add_rules(&s, element, path);
    }
}

/* ---- profiles */

static void add_contexts(struct source *s)
{
    uint32_t contexts = fst_tape_member(s->t, 0, "context"), rules = fst_tape_member(s->t, 0, "contextInvariant");
    if (contexts != FST_NO_NODE)
        FST_EACH_ELEMENT(s->t, contexts, c) {
            fst_buf_addf(s->out, "  context %.*s ", FST_VIEW_ARGS(fst_tape_raw(s->t, fst_tape_member(s->t, c, "type"))));
            add_line(s->out, string_of(s, c, "expression"));
            fst_buf_add_char(s->out, '\n');
        }
    if (rules != FST_NO_NODE)
        FST_EACH_ELEMENT(s->t, rules, r) {
            fst_buf_add_str(s->out, "  contextrule ");
            add_line(s->out, fst_tape_string(s->t, r, &s->d->undo));
            fst_buf_add_char(s->out, '\n');
        }
}

/* Append what the base type says of that element; nothing when it is not known here. */
static void add_base_facts(struct source *s, struct fst_view base_path, struct fst_buf *out)
{
    const char     *dot = base_path.n ? memchr(base_path.p, '.', base_path.n) : NULL;
    struct fst_view name = { base_path.p, dot ? (size_t)(dot - base_path.p) : base_path.n };
    struct fst_buf  url;
    fst_buf_init(&url, 4096);
    fst_buf_addf(&url, FST_HL7_STRUCTURE "%.*s", FST_VIEW_ARGS(name));
    struct fst_define_item *item = (struct fst_define_item *)fst_define_find(s->d, FST_DEFINE_STRUCTURE, fst_buf_view(&url));
    fst_buf_clear(&url);
    struct source base;
    if (!item || !source_init(&base, s->d, item, out) || snapshot_elements(&base) == FST_NO_NODE)
        return;
    FST_EACH_ELEMENT(base.t, snapshot_elements(&base), element)
        if (fst_view_equal(fst_tape_raw(base.t, fst_tape_member(base.t, element, "path")), base_path)) {
            add_element_facts(&base, element);
            return;
        }
}

/* Take the next of "a.b:c.d" off: "a", without the dot. */
static struct fst_view take_segment(struct fst_view *rest)
{
    const char     *dot = rest->n ? memchr(rest->p, '.', rest->n) : NULL;
    struct fst_view segment = fst_view_n(rest->p, dot ? (size_t)(dot - rest->p) : rest->n);
    *rest = dot ? fst_view_from(*rest, segment.n + 1) : (struct fst_view){ 0 };
    return segment;
}

/* Is the segment of an id, "coding:loinc", that of an element called `name`? */
static bool is_called(struct fst_view segment, struct fst_view name)
{
    return segment.n >= name.n && !memcmp(segment.p, name.p, name.n) && (segment.n == name.n || segment.p[name.n] == ':');
}

/* "Patient.extension:race.url": the id, or what it would be: an element is in the slices that the one before it was in. */
static struct fst_view element_id(struct source *s, uint32_t element)
{
    struct fst_view id = string_of(s, element, "id"), name = fst_tape_raw(s->t, fst_tape_member(s->t, element, "sliceName"));
    struct fst_view path, before = fst_buf_view(&s->d->last_id);
    fst_buf_reset(&s->d->id);
    if (id.n && !memchr(id.p, ' ', id.n)) {
        fst_buf_add_view(&s->d->id, id);
    } else {
        path = fst_tape_raw(s->t, fst_tape_member(s->t, element, "path"));
        while (path.n) {
            struct fst_view segment = take_segment(&path), sliced = take_segment(&before);
            bool            is_within = path.n && is_called(sliced, segment);
            fst_buf_add_view(&s->d->id, is_within ? sliced : segment);
            if (!is_within)
                before.n = 0;
            if (path.n)
                fst_buf_add_char(&s->d->id, '.');
        }
        if (name.n)
            fst_buf_addf(&s->d->id, ":%.*s", FST_VIEW_ARGS(name));
    }
    fst_buf_reset(&s->d->last_id);
    fst_buf_add_view(&s->d->last_id, fst_buf_view(&s->d->id));
    return fst_buf_view(&s->d->last_id);
}

static void add_profile_element(struct source *s, uint32_t element, struct fst_buf *own, struct fst_buf *base)
{
    struct fst_view path = below_root(element_id(s, element));
    struct fst_buf *out = s->out;
    fst_buf_reset(own);
    fst_buf_reset(base);
    s->out = own;
    add_element_facts(s, element);
    s->out = out;
    add_base_facts(s, fst_tape_raw(s->t, fst_tape_member(s->t, fst_tape_member(s->t, element, "base"), "path")), base);
    const char *colon = path.n ? memrchr(path.p, ':', path.n) : NULL;
    bool        is_slice = colon && !memchr(colon, '.', path.n - (size_t)(colon - path.p));
    if (is_slice || !fst_view_equal(fst_buf_view(own), fst_buf_view(base))) {
        fst_buf_addf(out, "  .%.*s ", FST_VIEW_ARGS(path));
        fst_buf_add_view(out, fst_buf_view(own));
        fst_buf_add_char(out, '\n');
    }
    add_rules(s, element, path);
}

/* A StructureDefinition without a snapshot: what it says besides its base. */
static uint32_t differential_elements(struct source *s)
{
    uint32_t differential = fst_tape_member(s->t, 0, "differential");
    return differential == FST_NO_NODE ? FST_NO_NODE : fst_tape_member(s->t, differential, "element");
}

static void add_profile_head(struct source *s, bool is_partial)
{
    struct fst_view version = string_of(s, 0, "version");
    fst_buf_add_str(s->out, "profile ");
    fst_define_add_url(s->out, s->url, FST_HL7_STRUCTURE);
    fst_buf_addf(s->out, " %.*s", FST_VIEW_ARGS(s->type));
    if (version.n && !fst_view_is(version, "4.0.1") && !memchr(version.p, ' ', version.n))
        fst_buf_addf(s->out, " version=%.*s", FST_VIEW_ARGS(version));
    fst_buf_addf(s->out, "%s : ", is_partial ? " partial" : "");
    fst_define_add_url(s->out, fst_tape_raw(s->t, fst_tape_member(s->t, 0, "baseDefinition")), FST_HL7_STRUCTURE);
    fst_buf_add_char(s->out, '\n');
}

void fst_define_write_profile(struct fst_define *d, struct fst_define_item *item, struct fst_buf *out)
{
    struct source  s;
    struct fst_buf own, base;
    if (!source_init(&s, d, item, out) || !s.is_profile)
        return;
    bool     is_partial = snapshot_elements(&s) == FST_NO_NODE;
    uint32_t elements = is_partial ? differential_elements(&s) : snapshot_elements(&s);
    add_profile_head(&s, is_partial);
    fst_buf_reset(&d->last_id);
    fst_buf_init(&own, 1 << 20);
    fst_buf_init(&base, 1 << 20);
    add_contexts(&s);
    if (elements != FST_NO_NODE)
        FST_EACH_ELEMENT(s.t, elements, element)
            add_profile_element(&s, element, &own, &base);
    fst_buf_clear(&own);
    fst_buf_clear(&base);
}
