/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What /proc says of this process.
 */
#ifndef LAB_PROCESS_H
#define LAB_PROCESS_H

#include <stdint.h>

/* Memory that devices keep in place: VmPin (iommufd) and VmLck (type1) together. */
uint64_t process_pinned_kib(void);
unsigned process_open_files(void);
unsigned process_mappings(void);

#endif
