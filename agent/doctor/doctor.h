// SPDX-License-Identifier: Apache-2.0
// `scenesync doctor`: looks at a data directory, a broker and a store from outside, as an agent would use them, and says what to do.
#ifndef SS_DOCTOR_DOCTOR_H
#define SS_DOCTOR_DOCTOR_H

#include "doctor/report.h"
#include "edges/config.h"

// ss_doctor_main is `scenesync doctor …`; `words` begin with `doctor`. Returns the exit status: 1 when there is a problem, 2 when it was called wrongly.
int ss_doctor_main(int count, char **words);

// ss_doctor_data only reads (LMDB's lock file may be made).
void ss_doctor_data(struct ss_report *report, const char *root);

// ss_doctor_broker publishes in a scene of its own, whose name nobody has, and clears what the broker would retain of it.
void ss_doctor_broker(struct ss_report *report, const struct ss_config *config);

// ss_doctor_store uploads one small file of its own, and says when it could not delete it.
void ss_doctor_store(struct ss_report *report, const struct ss_config *config);

#endif
