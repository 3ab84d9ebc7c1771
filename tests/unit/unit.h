/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What every unit test includes: cmocka wants these before its own header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Of IPv4, in the model's numbers: initializers of struct network and of struct address_range */
#define NETWORK4(address_, prefix_) { .address = ADDR_4 | (address_), .prefix = 96 + (prefix_) }
#define RANGE4(first_, last_) { .first = ADDR_4 | (first_), .last = ADDR_4 | (last_) }
