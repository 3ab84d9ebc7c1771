/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In place of program.c where clang, bpftool or libbpf were missing at build time. */
#include "program.h"

#include <errno.h>
#include <stddef.h>

int program_open(const char *device, struct program **ret)
{
	(void)device, (void)ret;
	return -ENOSYS;
}

struct program *program_close(struct program *p)
{
	(void)p;
	return NULL;
}

int program_attach(struct program *p)
{
	(void)p;
	return -ENOSYS;
}

bool program_attached(const struct program *p)
{
	(void)p;
	return false;
}

int program_alive(struct program *p, uint64_t now_ns)
{
	(void)p, (void)now_ns;
	return -ENOSYS;
}

int program_six(struct program *p, const struct brake_six *six)
{
	(void)p, (void)six;
	return -ENOSYS;
}

int program_caps(struct program *p, const struct brake_machine *at, uint32_t n)
{
	(void)p, (void)at, (void)n;
	return -ENOSYS;
}

int program_used(const struct program *p, uint32_t address, struct brake_used *ret)
{
	(void)p, (void)address, (void)ret;
	return -ENOSYS;
}

void program_sum(const struct program *p, uint64_t *ret_passed, uint64_t *ret_refused)
{
	(void)p;
	*ret_passed = *ret_refused = 0;
}
