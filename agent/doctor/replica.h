// SPDX-License-Identifier: Apache-2.0
// The records of a data directory: whether all can be read, and what they make.
#ifndef SS_DOCTOR_REPLICA_H
#define SS_DOCTOR_REPLICA_H

#include "doctor/report.h"

// ss_doctor_replica reads ROOT/replica in a process of its own, as a damaged file can end one.
void ss_doctor_replica(struct ss_report *report, const char *root);

#endif
