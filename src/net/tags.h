/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Which session a frame of a honeypot's belongs to.
 *
 * The honeypot's kernel puts an 802.1Q tag into each frame that it sends: SKEP_TAG() of the connection whose work it is. At
 * its tap, before the bridge, a BPF program of the traffic control takes the tag off and writes it into the packet's mark
 * (model/gate.h), where the rules find it. A tag of an intruder's own is a second one, and stays; a frame without one
 * gets no mark.
 *
 * A kernel that was taken over may say of its frames that they are other sessions' of the same honeypot.
 */
#include <stdint.h>

struct tags;

/* tags_open() - load the program; 0, or -errno: this machine cannot */
int tags_open(struct tags **ret);
struct tags *tags_close(struct tags *t);	/* may be NULL; NULL. It stays where it is attached */
/* tags_attach() - at device @name of the network namespace we are in; 0 or -errno */
int tags_attach(const struct tags *t, const char *name);
/* tags_try() - both, at a device of a namespace that nobody sees; 0 or -errno */
int tags_try(void);
