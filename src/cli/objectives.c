/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "objectives.h"

#include "base/mem.h"
#include "config/objectives.h"
#include "state.h"

static size_t add_file(const char *path, struct objectives *o, struct text *complaints)
{
	_diag_ struct diag d = { 0 };

	objectives_load(path, o, &d);
	diag_text(&d, path, complaints);
	return d.n + d.lost;
}

size_t objectives_of(const struct honeynet *n, struct objectives *ret, struct text *complaints)
{
	_free_ char *ours = data_path(DATA_OBJECTIVES);
	size_t bad = 0;

	*ret = (struct objectives){ 0 };
	for (uint32_t i = 0; i < n->objectives.n_files; i++)
		bad += add_file(n->objectives.file[i], ret, complaints);
	return bad + add_file(ours, ret, complaints);
}
