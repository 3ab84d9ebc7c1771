/* SPDX-License-Identifier: GPL-2.0-only */
/* A login that was tried, as a record. */
#ifndef PV_LOGIN_H
#define PV_LOGIN_H

#include <linux/types.h>
#include "capture.h"

struct pv_login {
	const char *service, *method;
	const char *user, *secret;	/* user_len, secret_len bytes */
	u32 user_len, secret_len;
	u32 result;			/* enum skep_login_op */
	bool cut;			/* something is longer than there was room for */
	bool atomic;			/* may not sleep */
	const struct skep_rec *by;	/* NULL: the current task */
};

void pv_login_tell(const struct pv_login *l);

#endif
