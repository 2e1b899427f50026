// SPDX-License-Identifier: Apache-2.0
// `scenesync sweep`: deletes checkpoints that are of no use any more from a store's folder. The store lets nobody delete, so it runs beside it.
#ifndef SS_SWEEP_SWEEP_H
#define SS_SWEEP_SWEEP_H

// ss_sweep_main is `scenesync sweep …`; `words` begin with `sweep`. Returns the exit status: 1 when it failed, 2 when it was called wrongly.
int ss_sweep_main(int count, char **words);

#endif
