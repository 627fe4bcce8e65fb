#include "aws/endpoint.h"

#include <ctype.h>

enum { REGION_MAX = 63 };

static const struct fst_service_row services[] = {
#define SERVICE(id, name, key, variable, wire) [FST_SERVICE_##id] = { name, key, variable, FST_WIRE_##wire },
#include "aws/services.def"
#undef SERVICE
};

static const struct fst_partition partitions[] = {
#define PARTITION(id, prefix, dns, dual, global) { id, prefix, dns, dual, global },
#include "aws/partitions.def"
#undef PARTITION
};

static const struct host {
    enum fst_service service;
    const char      *partition;
    const char      *label[2][2]; /* [dual-stack][FIPS] */
    bool             dual_suffix;
} hosts[] = {
#define HOST(service, partition, plain, fips, dual, both, suffix) \
    { FST_SERVICE_##service, partition, { { plain, fips }, { dual, both } }, suffix },
#include "aws/services.def"
#undef HOST
};

static const struct global {
    enum fst_service service;
    const char      *partition, *host[2], *region; /* host: [FIPS] */
} globals[] = {
#define GLOBAL(service, partition, plain, fips, region) { FST_SERVICE_##service, partition, { plain, fips }, region },
#include "aws/services.def"
#undef GLOBAL
};

const struct fst_service_row *fst_service_row(enum fst_service s)
{
    return &services[s];
}

/* "aws-cn-global" is a region of aws-cn too. */
static bool claims(const struct fst_partition *p, struct fst_view region)
{
    size_t n = strlen(p->id);

    return fst_view_starts(region, p->region_prefix) ||
           (fst_view_starts(region, p->id) && fst_view_is(fst_view_from(region, n), "-global"));
}

const struct fst_partition *fst_partition_of(const char *region)
{
    for (size_t i = 1; i < FST_COUNT(partitions); i++)
        if (claims(&partitions[i], fst_view_of(region)))
            return &partitions[i];
    return &partitions[0];
}

bool fst_region_is_valid(struct fst_view region)
{
    for (size_t i = 0; i < region.n; i++)
        if (!isalnum((unsigned char)region.p[i]) && region.p[i] != '-')
            return false;
    return region.n && region.n <= REGION_MAX && region.p[0] != '-' && region.p[region.n - 1] != '-';
}

static const struct global *find_global(enum fst_service s, const struct fst_partition *p)
{
    for (size_t i = 0; i < FST_COUNT(globals); i++)
        if (globals[i].service == s && !strcmp(globals[i].partition, p->id))
            return &globals[i];
    return NULL;
}

/* The partition's own row, else the one for all. */
static const struct host *find_host(enum fst_service s, const struct fst_partition *p)
{
    const struct host *found = NULL;

    for (size_t i = 0; i < FST_COUNT(hosts); i++)
        if (hosts[i].service == s && (!strcmp(hosts[i].partition, p->id) || (!found && !*hosts[i].partition)))
            found = &hosts[i];
    return found;
}

void fst_endpoint_add(struct fst_buf *out, enum fst_service s, const char *region, const struct fst_endpoint_opts *opts)
{
    const struct fst_partition *p = fst_partition_of(region);
    const struct global        *once = find_global(s, p);
    const struct host          *h = find_host(s, p);

    if (once && !opts->dual_stack)
        fst_buf_addf(out, "https://%s", once->host[opts->fips]);
    else
        fst_buf_addf(out, "https://%s.%s.%s", h->label[opts->dual_stack][opts->fips], once ? "global" : region,
                     opts->dual_stack && h->dual_suffix ? p->dual_stack_suffix : p->dns_suffix);
}

const char *fst_endpoint_signing_region(enum fst_service s, const char *region)
{
    const struct global *once = find_global(s, fst_partition_of(region));
    return once ? once->region : region;
}
