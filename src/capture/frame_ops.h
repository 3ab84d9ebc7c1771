/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Names of what guest records tell in numbers; they stand in the journal: never rename one. */
#include <stdint.h>

#include "model/kinds.h"

/* frame_op_name() - of OP in a record of kind @k; NULL if there is no such doing */
const char *frame_op_name(enum event_kind k, uint32_t op);
