/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "model/twin.h"

const char *nids_folder(bool prevents)
{
	return prevents ? "inline" : "nids";
}

void nids_files_init(struct nids_files *f, const struct honeynet *n, const char *state, bool prevents)
{
	const char *own = !prevents ? NIDS_RULES : n->nids.prevention.mode == INLINE_REPLACE ? NIDS_REPLACE_RULES : NIDS_DROP_RULES;
	const char *folder = nids_folder(prevents);
	uint32_t n_rules = prevents ? n->nids.prevention.n_rules : n->nids.n_rules;

	*f = (struct nids_files){
		.users = prevents ? n->nids.prevention.rules : n->nids.rules,
		.rules_dir = xasprintf("%s/%s/rules", state, folder), .log_dir = xasprintf("%s/%s/log", state, folder),
		.run_dir = xasprintf("%s/%s/run", state, folder), .config = xasprintf("%s/%s/suricata.yaml", state, folder),
	};
	for (uint32_t i = 0; i < n_rules; i++)
		f->rules[i] = xasprintf("%s/user.%u.rules", f->rules_dir, i);
	f->nids = (struct nids){
		.prevents = prevents, .own = own,
		.interface = NIDS_INTERFACE,
		.home = { { ADDR_4 | n->network, 96 + n->prefix }, { n->network6, n->prefix6 } }, .n_home = n->prefix6 ? 2 : 1,
		.gateway = { addr4(n->firewall_address), twin_of(n, n->firewall_address) },
		.rules_dir = f->rules_dir, .rules = (const char *const *)f->rules, .n_rules = n_rules,
		.log_dir = f->log_dir, .run_dir = f->run_dir, .config = f->config,
	};
}

void nids_files_fini(struct nids_files *f)
{
	for (size_t i = 0; i < nitems(f->rules); i++)
		free(f->rules[i]);
	free(f->rules_dir);
	free(f->log_dir);
	free(f->run_dir);
	free(f->config);
}

/* fresh_file() - beside @path, readable for all; *@ret_name is what has to be renamed, yours */
static int fresh_file(const char *path, char **ret_name)
{
	_free_ char *name = xasprintf("%s.new", path);
	int fd;

	if (unlink(name) < 0 && errno != ENOENT)
		return -errno;
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	fchmod(fd, 0644);		/* whatever the umask was */
	*ret_name = steal_ptr(&name);
	return fd;
}

static int copy_file(const char *from, const char *to)
{
	_fd_ int in = open(from, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), out = -1;
	_free_ char *name = NULL;
	struct stat st;
	int r;

	if (in < 0 || fstat(in, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	out = fresh_file(to, &name);
	if (out < 0)
		return out;
	r = file_copy(in, out);
	if (r == 0 && rename(name, to) < 0)
		r = -errno;
	return r;
}

int nids_copy_ours(const struct nids_files *f, const char *rules)
{
	const char *const names[] = { f->nids.own, NIDS_CLASSES, "reference.config", "threshold.config" };
	int r = 0;

	for (size_t i = 0; r == 0 && i < nitems(names); i++) {
		_free_ char *from = xasprintf("%s/%s", rules, names[i]), *to = xasprintf("%s/%s", f->rules_dir, names[i]);

		r = copy_file(from, to);
	}
	return r;
}

int nids_copy_users(const struct nids_files *f, uint32_t i)
{
	int r = copy_file(f->users[i], f->rules[i]);

	if (r < 0)
		unlink(f->rules[i]);	/* that of another file, of another day */
	return r;
}

int nids_write_config(const struct nids_files *f)
{
	_text_ struct text yaml = { 0 };
	_free_ char *name = NULL;
	_fd_ int fd = fresh_file(f->config, &name);
	int r;

	if (fd < 0)
		return fd;
	nids_config(&f->nids, &yaml);
	r = file_write(fd, yaml.at, yaml.len);
	if (r == 0 && rename(name, f->config) < 0)
		r = -errno;
	return r;
}
