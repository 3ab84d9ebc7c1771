/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PV_DISGUISE_H
#define PV_DISGUISE_H

void pv_disguise_names(void);	/* uname; first thing in the boot */
void pv_disguise_files(void);	/* called at each exec of pid 1, works at the first */

#endif
