/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "root.h"

#include <elf.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "tree.h"

/* A script is run by the interpreter that it names: whether that is there is its author's business. */
static bool runs_here(const char *head, size_t n)
{
	Elf64_Ehdr e;

	if (n >= 2 && !memcmp(head, "#!", 2))
		return true;
	if (n < sizeof(e))
		return false;
	memcpy(&e, head, sizeof(e));
	return !memcmp(e.e_ident, ELFMAG, SELFMAG) && e.e_ident[EI_CLASS] == ELFCLASS64 && e.e_machine == EM_X86_64;
}

static unsigned look_at_init(struct tree *t)
{
	struct tree_file init;
	char head[sizeof(Elf64_Ehdr)];
	int n;

	if (tree_find(t, "/sbin/init", &init) < 0 || !S_ISREG(init.mode))
		return 0;
	n = tree_head(t, init.path, head, sizeof(head));
	return ROOT_HAS_INIT | (n > 0 && runs_here(head, (size_t)n) ? ROOT_IS_X86_64 : 0);
}

unsigned root_look(struct tree *t)
{
	static const struct { const char *path; unsigned means; } signs[] = {
		{ "/etc/systemd/system/multi-user.target.wants/systemd-networkd.service", ROOT_HAS_NETWORKD },
		{ "/sbin/ifup", ROOT_HAS_IFUPDOWN },
		{ "/usr/sbin/ifup", ROOT_HAS_IFUPDOWN },
	};
	unsigned has = look_at_init(t);
	struct tree_file f;

	for (size_t i = 0; i < nitems(signs); i++)
		if (tree_find(t, signs[i].path, &f) == 0)
			has |= signs[i].means;
	return has;
}

const char *root_lacks(unsigned has)
{
	if (!(has & ROOT_HAS_INIT))
		return "it has no /sbin/init: a honeypot is a whole system, a container's files are not enough";
	if (!(has & ROOT_IS_X86_64))
		return "its /sbin/init is no program for x86-64";
	if (!(has & (ROOT_HAS_NETWORKD | ROOT_HAS_IFUPDOWN)))
		return "nothing in it would set the address of eth0: enable systemd-networkd in it, or install ifupdown";
	return NULL;
}
