/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Being interrupted in an orderly way: SIGINT, SIGTERM and SIGHUP become a descriptor and a flag. */
#include <stdbool.h>
#include <stdint.h>

void stop_begin(void);
bool stop_asked(void);
int stop_fd(void);		/* readable once it was asked; lent */
bool stop_sleep(uint64_t us);	/* false: it was asked meanwhile */
