/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What skep needs of a root file system: an init that this machine runs, and something that gives eth0 its address. */
struct tree;

enum {
	ROOT_HAS_INIT = 1,	/* /sbin/init, and it is a regular file */
	ROOT_IS_X86_64 = 2,	/* or a script */
	ROOT_HAS_NETWORKD = 4,	/* enabled */
	ROOT_HAS_IFUPDOWN = 8,
};

unsigned root_look(struct tree *t);
/* root_lacks() - what is missing, in words; NULL: it has all */
const char *root_lacks(unsigned has);
