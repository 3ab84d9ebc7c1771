/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
#include <stdbool.h>

/*
 * prevention_lacks() - what this machine does not have for it, with @six also for IPv6, in words; NULL: nothing. The kernel is asked in a network
 * namespace made for it, so this needs root.
 */
const char *prevention_lacks(bool six);
