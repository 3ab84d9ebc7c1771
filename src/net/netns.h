/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Network namespaces without names: each lives as long as a descriptor to it is open, so that a
 * crash leaves none behind.
 */

/* netns_new() - a descriptor of a new, empty namespace whose loopback is up; or -errno */
int netns_new(void);
/* netns_enter() - go into @ns; a descriptor of the namespace left, for netns_leave(); or -errno */
int netns_enter(int ns);
/* netns_leave() - back to where netns_enter() came from; closes @back. Failure is fatal: dies. */
void netns_leave(int back);
/* netns_set() - write @value to /proc/sys/net/@path in the present namespace; 0 or -errno */
int netns_set(const char *path, const char *value);
