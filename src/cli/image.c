/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/value.h"
#include "guest/reader.h"
#include "guest/root.h"
#include "state.h"

enum { SERVICES_MAX = 64 * 1024 };

static bool is_recipe(const char *folder)
{
	_free_ char *packages = xasprintf("%s/packages", folder);

	return access(packages, F_OK) == 0;
}

static const char *find_path(const char *path, struct image *ret)
{
	char full[PATH_MAX];
	struct stat st;

	if (!realpath(path, full) || stat(full, &st) < 0)
		return strerror(errno);
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return "it is neither a folder nor a file";
	*ret = (struct image){ .recipe = S_ISDIR(st.st_mode) && is_recipe(full) };
	memcpy(ret->path, full, sizeof(full));
	return NULL;
}

const char *image_find(const char *word, struct image *ret)
{
	_free_ char *below = xasprintf("images/%s", word), *path = data_path(below);

	if (strchr(word, '/'))
		return find_path(word, ret);
	if (!value_is_recipe(word) || !is_recipe(path))
		return "there is no such recipe: `skep image list` names them, a path has a / in it";
	return find_path(path, ret);
}

/* The services of a recipe, "NAME PROTO PORT" a line, as images/README.md says. */
static void read_services(const struct honeypot *h, struct image *i, struct diag *d)
{
	_free_ char *path = xasprintf("%s/services", i->path);
	_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_text_ struct text t = { 0 };
	int r = fd < 0 ? -errno : file_read(fd, SERVICES_MAX, &t);
	_free_ char *all = xstrdup(text_str(&t));
	char *rest = all;

	if (r < 0)
		diag_add(d, h->image_line, h->image_column, "image: %s: %s", path, strerror(-r));
	for (int number = 1; rest; number++) {
		char *line = strsep(&rest, "\n");

		line[strcspn(line, "#")] = '\0';
		if (!line[strspn(line, " \t")])
			continue;
		if (i->n_services == MAX_PROBES) {
			diag_add(d, h->image_line, h->image_column, "image: %s:%d: expected at most %d services", path, number,
				 MAX_PROBES);
			return;
		}
		if (value_probe(line, &i->service[i->n_services]))
			i->n_services++;
		else
			diag_add(d, h->image_line, h->image_column, "image: %s:%d: expected NAME tcp|udp PORT", path, number);
	}
}

static void find_services(const struct honeypot *h, struct image *i, struct diag *d)
{
	bool tcp = false;

	if (h->n_services) {
		i->n_services = h->n_services;
		memcpy(i->service, h->service, sizeof(h->service));
	} else if (i->recipe) {
		size_t before = d->n;

		read_services(h, i, d);
		if (d->n > before)
			return;
	}
	for (uint32_t k = 0; k < i->n_services; k++)
		tcp |= i->service[k].proto == IPPROTO_TCP;
	if (!tcp)
		diag_add(d, h->image_line, h->image_column,
			 "image: expected a service by tcp that says when the honeypot is up: the key \"services\"%s",
			 i->recipe ? ", or its recipe's file" : "");
}

int images_find(const struct honeynet *n, uint64_t which, struct image ret[MAX_HONEYPOTS], struct diag *d)
{
	size_t before = d->n + d->lost;

	for (uint32_t i = 0; i < n->n_honeypots; i++) {
		const struct honeypot *h = &n->honeypot[i];
		const char *wrong;

		if (!(which >> i & 1))
			continue;
		wrong = image_find(h->image, &ret[i]);
		if (wrong)
			diag_add(d, h->image_line, h->image_column, "image: %s: %s", h->image, wrong);
		else
			find_services(h, &ret[i], d);
	}
	diag_sort(d);
	return d->n + d->lost == before ? 0 : -EINVAL;
}

const char *image_check(const struct image *i, const char *file, uint8_t *ret_root)
{
	_fd_ int fd = i->recipe ? -1 : open(file, O_RDONLY | O_CLOEXEC);
	unsigned has = ROOT_HAS_NETWORKD;
	const char *lacks = NULL;

	if (!i->recipe)
		lacks = reader_root(fd, &has) < 0 ? "it cannot be read as a file system" : root_lacks(has);
	if (!lacks)
		*ret_root = (uint8_t)((i->recipe ? 0 : ROOT_FOREIGN) | (has & ROOT_HAS_NETWORKD ? ROOT_NETWORKD : 0));
	return lacks;
}
