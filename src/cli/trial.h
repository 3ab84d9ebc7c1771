/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* `skep policy test`: what a policy would have made of the packets in a file. */
#include <stdbool.h>
#include <stdint.h>

#include "model/honeynet.h"

/* trial_run() - prints a row for each kind of connection; an exit code */
int trial_run(const struct honeynet *n, const char *pcap, bool json);
