/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The brake's BPF program, from user space. A build without BPF has program_none.c instead. */
#include <stdint.h>

#include "caps.h"

struct program;

/* program_open() - load it, with the maps of the one on @device if there is one; it is not attached yet. 0 or -errno */
int program_open(const char *device, struct program **ret);
struct program *program_close(struct program *p);	/* may be NULL; NULL */
int program_attach(struct program *p);			/* in the place of another one; 0 or -errno */
bool program_attached(const struct program *p);
int program_alive(struct program *p, uint64_t now_ns);
int program_six(struct program *p, const struct brake_six *six);
int program_caps(struct program *p, const struct brake_machine *at, uint32_t n);	/* replaces the list */
int program_used(const struct program *p, uint32_t address, struct brake_used *ret);
/* program_sum() - of all that were ever there: packets of theirs that passed, and of anybody that were refused */
void program_sum(const struct program *p, uint64_t *ret_passed, uint64_t *ret_refused);
