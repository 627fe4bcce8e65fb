/* fhirstage/version.h — the one place where the version stands. */
#ifndef FHIRSTAGE_VERSION_H
#define FHIRSTAGE_VERSION_H

#define FST_VERSION "0.1.0"

#endif
