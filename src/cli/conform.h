/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The checks of `skep conformance`: each says met() of its requirements, from what was tried just now
 * and what was recorded. PASS only after something was looked at.
 */
#include <sys/types.h>

#include "live.h"
#include "recall.h"
#include "report/conformance.h"

struct tried {
	struct live live;
	struct recall record;
};

void conform_control(const struct tried *t, struct conformance *c);
void conform_capture(const struct tried *t, struct conformance *c);
void conform_analysis(const struct tried *t, struct conformance *c);

/* conform_remote() - whether somebody may come in from afar: MET_PASS, MET_FAIL it runs and does not answer */
enum met conform_remote(pid_t *ret_pid);
