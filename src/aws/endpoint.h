/* aws/endpoint.h — where a service is: partitions, FIPS and dual-stack hosts, as tables.
 * Threads: thread-safe. May use: base. */
#ifndef FST_AWS_ENDPOINT_H
#define FST_AWS_ENDPOINT_H

#include "base/buf.h"

enum fst_service {
#define SERVICE(id, name, key, variable, wire) FST_SERVICE_##id,
#include "aws/services.def"
#undef SERVICE
    FST_SERVICE_COUNT
};

/* How a service writes its errors. */
enum fst_wire { FST_WIRE_XML, FST_WIRE_JSON };

struct fst_service_row {
    const char   *name;     /* as in the credential scope */
    const char   *key;      /* in a profile's services section */
    const char   *variable; /* that holds its endpoint */
    enum fst_wire wire;
};
const struct fst_service_row *fst_service_row(enum fst_service s);

struct fst_partition {
    const char *id, *region_prefix, *dns_suffix, *dual_stack_suffix, *global_region;
};
const struct fst_partition *fst_partition_of(const char *region);

/* Is it a name that may stand in a host's name? */
bool fst_region_is_valid(struct fst_view region);

struct fst_endpoint_opts {
    bool fips, dual_stack;
};
/* "https://host" of a service in a valid region, appended. */
void fst_endpoint_add(struct fst_buf *out, enum fst_service s, const char *region, const struct fst_endpoint_opts *opts);
/* The region that requests are signed for: another one for services that a partition has once. */
const char *fst_endpoint_signing_region(enum fst_service s, const char *region);

#endif
