/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/cursor.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "control.h"
#include "guest/disk.h"
#include "honeypots.h"
#include "state.h"

enum { ANSWER_MS = 20000 };

uint32_t pot_ask(const char *pot, enum pot_deed deed)
{
	_fd_ int control = control_must();
	_text_ struct text say = { 0 }, said = { 0 };
	struct cursor c;
	uint16_t index;
	uint32_t e;
	int r;

	if (honeypot_index(control, pot, &index) < 0)
		die("there is no honeypot named %s: `skep status` lists them", pot);
	put_u16(&say, index);
	put_u8(&say, (uint8_t)deed);
	r = control_ask(control, MSG_POT, &say, ANSWER_MS, &said, NULL);
	c = cursor_of(text_str(&said), said.len);
	get_u16(&c);
	get_u8(&c);
	e = get_u32(&c);
	if (r != 1 || c.bad)
		die("no answer from the running skep: %s", strerror(r < 0 ? -r : EPIPE));
	return e;
}

static int is_it(void *arg, const char *name)
{
	struct pot_disk *d = arg;

	return !strcasecmp(name, d->pot) && str_copy(d->pot, name, sizeof(d->pot));
}

int pot_disk_find(const char *pot, struct pot_disk *ret)
{
	_free_ char *folder = state_path("disks"), *link = NULL;
	_fd_ int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ssize_t n;
	int r;

	memset(ret, 0, sizeof(*ret));
	if (dir < 0 || !str_copy(ret->pot, pot, sizeof(ret->pot)) || strchr(pot, '.'))
		return dir < 0 ? -errno : -ENOENT;
	r = folder_each(dir, is_it, ret);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	if (snprintf(ret->disk, sizeof(ret->disk), "%s/%s", folder, ret->pot) >= (int)sizeof(ret->disk))
		return -ENAMETOOLONG;
	link = xasprintf("%s" DISK_IMAGE, ret->disk);
	n = readlink(link, ret->image, sizeof(ret->image) - 1);
	return n < 0 ? -errno : 0;
}

const char *pot_disk_error(int r)
{
	return r == -ENOENT ? "it has no disk: a honeypot has one from its first start on" : strerror(-r);
}
