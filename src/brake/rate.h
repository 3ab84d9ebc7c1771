/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The brake where no BPF program can be loaded: a token bucket as the device's queue. */
#include <stdint.h>

int rate_set(const char *device, uint64_t bytes_per_s);		/* in the place of what is there; 0 or -errno */
int rate_check(const char *device);				/* 1 it is there, 0 it is not, or -errno */
