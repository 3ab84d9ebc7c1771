/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the running skep runs with. @control: connected to it */
#include "base/text.h"

struct plan;

/* running_plan() - until plan_unmap(). Says what is wrong and exits 1, if it does not answer or is another version */
const struct plan *running_plan(int control);
/* running_rules() - the gateway's, as the kernel lists them, added to @ret; or -errno */
int running_rules(int control, struct text *ret);
