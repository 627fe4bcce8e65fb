/* fhir/compile-private.h — what the parts of the compiler share. Private to fhir/compile*.c. */
#ifndef FST_FHIR_COMPILE_PRIVATE_H
#define FST_FHIR_COMPILE_PRIVATE_H

#include "base/arena.h"
#include "fhir/compile.h"
#include "json/tape.h"

/* A growing array of rows of one size. */
struct fst_rows {
    void    *p;
    uint32_t count, cap;
    uint32_t size;
};

struct fst_fact_element {
    struct fst_view path;     /* relative to the type, with slice names; empty: the root */
    struct fst_view types;    /* "code", "dateTime|Period", "Reference(Patient)", "#Questionnaire.item", "-" */
    struct fst_view rest;     /* the clauses behind */
    uint32_t        min, max;
    bool            is_modifier;
};

struct fst_fact_rule {
    struct fst_view key, path, human, expression;
    uint8_t         severity;
};

struct fst_fact_context {
    struct fst_view expression;
    uint8_t         kind; /* enum fst_context_kind */
};

struct fst_fact_type { /* a "type" or "profile" record */
    struct fst_view name, kind, base, type;
    struct fst_view version;               /* of a profile */
    bool            is_abstract, is_profile;
    bool            is_partial;            /* what its base says besides is not repeated */
    uint32_t        elements, element_count, rules, rule_count, contexts, context_count;
};

struct fst_fact_point { /* what the compiler must know of a point that is in no table */
    struct fst_view slicing; /* "open;value:url" */
    struct fst_view content; /* "#Questionnaire.item" */
    uint32_t        record;  /* of a profile's root */
};

struct fst_fact_def { /* a type to be: a record's own, or one nested in it */
    struct fst_view name;     /* "Patient", "Patient.contact" */
    struct fst_view path;     /* of a nested one, within its record */
    struct fst_view base;
    uint32_t        record;
    bool            is_done, is_busy;
};

struct fst_compiler {
    struct fst_arena names;  /* strings made while compiling */
    struct fst_rows  fact_types, fact_elements, fact_rules, fact_contexts, fact_points, defs;
#define FST_SECTION(type, name) struct fst_rows name;
    FST_SECTIONS(FST_SECTION)
#undef FST_SECTION
    struct fst_rows  interned; /* uint32_t slots into the pool's strings */
    uint32_t         interned_count;
    struct fst_schema base;  /* what the tables begin with; empty for R4's own */
    struct fst_schema view;  /* see fst_compile_view() */
    struct fst_tape  tape;   /* for values in JSON */
    struct fst_error *err;
    enum fst_status  failed;
    uint32_t         line;
};

/* ---- compile-rows.c */

/* A new zeroed row, or NULL when out of memory (then c->failed is set). */
void *fst_rows_add(struct fst_compiler *c, struct fst_rows *r);
/* Room for n more rows, their first index. */
uint32_t fst_rows_extend(struct fst_compiler *c, struct fst_rows *r, uint32_t n);
#define FST_ROW(c, section, type, i) (&((type *)(c)->section.p)[i])

/* The string, in the pool once. */
struct fst_pool_str fst_compile_intern(struct fst_compiler *c, struct fst_view v);
/* Know the strings that the pool began with. */
void fst_compile_intern_pool(struct fst_compiler *c);
/* Remember the failure (the first wins). */
void fst_compile_fail(struct fst_compiler *c, enum fst_status st, const char *what, struct fst_view where);

typedef struct fst_view fst_compile_name_fn(struct fst_compiler *c, uint32_t i);
/* Build a hash over names 0 … count-1. */
struct fst_hash_row fst_compile_hash(struct fst_compiler *c, uint32_t count, uint32_t first, fst_compile_name_fn *name);

/* The tables as they are now, void when a row is added. */
const struct fst_schema *fst_compile_view(struct fst_compiler *c);
/* What the compiler knows of a point that is being made; NULL for one of the base's. */
struct fst_fact_point *fst_compile_point_facts(struct fst_compiler *c, uint32_t point);

/* ---- compile-words.c: a line taken apart */

/* The word before the next space, which it moves past. */
struct fst_view fst_facts_word(struct fst_view *line);
/* The part of `text` up to any of `ends`, which it moves past. */
struct fst_view fst_facts_cut(struct fst_view *text, const char *ends);
struct fst_type_text { /* "Quantity<SimpleQuantity>", "Reference(Patient,Group)" taken apart */
    struct fst_view code, profiles, targets;
};
/* The first type of "A|B", which `types` moves past. */
struct fst_type_text fst_facts_type(struct fst_view *types);

/* ---- the steps */

/* compile-facts.c: the records as rows of facts and terms. */
void fst_compile_read(struct fst_compiler *c, struct fst_view facts);
/* " required=…", " max=…": the binding's row, or FST_NONE. */
uint16_t fst_compile_binding(struct fst_compiler *c, struct fst_view rest);
/* The number of the rule's program: that of the rows before `before` that share its text. */
uint32_t fst_compile_program(struct fst_compiler *c, struct fst_pool_str expression, uint32_t before);
/* JSON as rows of `values`: the first one's index, 0 after a failure. */
uint32_t fst_compile_value(struct fst_compiler *c, struct fst_view json);

/* The expression to evaluate for one that R4 published with a slip; others as they are. */
struct fst_view fst_compile_meant(struct fst_view expression);
/* An extension's context besides those of its definition; empty: none. */
struct fst_view fst_compile_more_context(struct fst_view url);

void fst_compile_types(struct fst_compiler *c);                              /* types, elements, members, rules */
void fst_compile_profiles(struct fst_compiler *c);                           /* when types and terms are done */
/* The profile of that canonical URL (R4's without its prefix), or UINT32_MAX. */
uint32_t fst_compile_profile(struct fst_compiler *c, struct fst_view url);
/* What makes a value one of each slice of the point: its tests, from the discriminators. */
void fst_compile_slices(struct fst_compiler *c, uint32_t point);
void fst_compile_terms_line(struct fst_compiler *c, struct fst_view line);   /* a line of a value set or code system */
void fst_compile_terms_end(struct fst_compiler *c);
/* The index of a value set, FST_NONE when the facts have none of that name. Terms must be there. */
uint16_t fst_compile_set(struct fst_compiler *c, struct fst_view name);

#endif
