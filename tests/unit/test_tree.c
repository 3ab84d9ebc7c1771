/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is in a disk image, what is different in another, what a root lacks; images that are broken on purpose. */
#include "unit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <sodium.h>

#include "base/mem.h"
#include "base/text.h"
#include "folder.h"
#include "guest/root.h"
#include "guest/tree.h"

static __attribute__((format(printf, 1, 2))) void shell(const char *fmt, ...)
{
	_free_ char *line = NULL, *cmd = NULL;
	va_list ap;

	va_start(ap, fmt);
	assert_true(vasprintf(&line, fmt, ap) > 0);
	va_end(ap);
	cmd = xasprintf("cd %s && PATH=$PATH:/sbin:/usr/sbin && export TZ=UTC && (%s) >/dev/null 2>&1", dir, line);
	assert_int_equal(system(cmd), 0);
}

/* An image of the folder @name, opened */
static int image_of(const char *name)
{
	_free_ char *path = xasprintf("%s/%s.img", dir, name);
	int fd;

	shell("rm -f %s.img && mke2fs -q -t ext4 -b 1024 -d %s %s.img 4M", name, name, name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static int note(void *arg, const struct tree_file *before, const struct tree_file *after, unsigned what)
{
	struct text *t = arg;
	const struct tree_file *f = after ? after : before;

	if (strcmp(f->path, "/lost+found"))
		text_addf(t, "%s%s%s%s%s%s%s %s%s\n", before ? after ? "" : "gone" : "new", what & TREE_MODE ? "mode " : "",
			  what & TREE_OWNER ? "owner " : "", what & TREE_SIZE ? "size " : "", what & TREE_MTIME ? "mtime " : "",
			  what & TREE_TARGET ? "target " : "", what & TREE_CONTENT ? "content" : "", f->path,
			  after && after->hashed ? " hashed" : "");
	return 0;
}

static void say_differences(int a, int b, struct text *ret)
{
	struct tree *before, *after;

	assert_int_equal(tree_open(a, &before), 0);
	assert_int_equal(tree_open(b, &after), 0);
	assert_int_equal(tree_diff(before, after, note, ret), 0);
	tree_close(before);
	tree_close(after);
}

static void make_folders(void)
{
	shell("mkdir -p a/etc a/bin && cd a && echo one >etc/same && echo two >etc/edited && echo 333 >etc/forged && echo x >bin/gone "
	      "&& ln -s same etc/link && echo k >etc/kind && chmod 600 etc/same && find . -exec touch -h -d 2020-01-01 {} +");
	shell("cp -a a b && cd b && echo twenty >etc/edited && echo 334 >etc/forged && rm bin/gone etc/kind && mkdir etc/kind "
	      "&& ln -sfn /dev/null etc/link && chmod 4755 etc/same && echo new >'etc/a name' && mkdir -p etc/x/y && echo deep >etc/x/y/z "
	      "&& find . -exec touch -h -d 2020-01-01 {} + && touch -d 2021-02-03 etc/edited");
}

static void every_difference_is_told(void **state)
{
	_text_ struct text t = { 0 };
	_fd_ int a = -1, b = -1;

	(void)state;
	make_folders();
	a = image_of("a");
	b = image_of("b");
	say_differences(a, b, &t);
	assert_string_equal(text_str(&t),
		"gone /bin/gone\n"
		"new /etc/a name hashed\n"
		"size mtime content /etc/edited hashed\n"
		"content /etc/forged hashed\n"			/* size and times as they were */
		"gone /etc/kind\n"
		"new /etc/kind\n"
		"size target  /etc/link\n"
		"mode  /etc/same\n"
		"new /etc/x\n"
		"new /etc/x/y\n"
		"new /etc/x/y/z hashed\n");
	text_clear(&t);
	say_differences(b, b, &t);
	assert_int_equal(t.len, 0);
}

static void a_file_can_be_had(void **state)
{
	_free_ char *path = xasprintf("%s/out", dir);
	_fd_ int a = image_of("a"), out = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct tree *t;
	char b[16] = "";

	(void)state;
	assert_int_equal(tree_open(a, &t), 0);
	assert_int_equal(tree_copy(t, "/etc/edited", out), 0);
	assert_int_equal(pread(out, b, sizeof(b), 0), 4);
	assert_string_equal(b, "two\n");
	assert_int_equal(tree_copy(t, "/etc/none", out), -ENOENT);
	assert_int_equal(tree_copy(t, "/etc", out), -EISDIR);
	tree_close(t);
}

static void what_is_no_file_system_is_told(void **state)
{
	_free_ char *path = xasprintf("%s/none", dir);
	_fd_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct tree *t;

	(void)state;
	assert_int_equal(tree_open(fd, &t), -EUCLEAN);
	assert_int_equal(ftruncate(fd, 1 << 20), 0);
	assert_int_equal(tree_open(fd, &t), -EUCLEAN);
}

/* Whatever an intruder wrote, it ends, and the images are as they were. */
static void broken_ones_are_survived(void **state)
{
	_fd_ int a = image_of("a"), b = image_of("b");
	uint32_t chance = 1;
	int opened = 0;

	(void)state;
	for (int i = 0; i < 300; i++) {
		_text_ struct text said = { 0 };
		struct tree *before, *after;
		uint8_t old[64], bad[64];
		off_t at;

		chance = chance * 1664525 + 1013904223;
		at = i % 2 ? 1024 + chance % 8192 : chance % (512 * 1024);	/* superblock and descriptors are tried more often */
		assert_int_equal(pread(b, old, sizeof(old), at), sizeof(old));
		randombytes_buf_deterministic(bad, sizeof(bad), (const unsigned char[randombytes_SEEDBYTES]){ (uint8_t)i, (uint8_t)(i >> 8) });
		assert_int_equal(pwrite(b, bad, 1 + chance / 7 % sizeof(bad), at), 1 + chance / 7 % sizeof(bad));
		assert_int_equal(tree_open(a, &before), 0);
		if (tree_open(b, &after) == 0) {
			opened++;
			assert_int_equal(tree_diff(before, after, note, &said), 0);
			tree_close(after);
		}
		tree_close(before);
		assert_int_equal(pwrite(b, old, sizeof(old), at), sizeof(old));
	}
	assert_in_range(opened, 50, 299);
	assert_in_range(fcntl(a, F_DUPFD_CLOEXEC, 0), 3, 12);	/* none was left open */
}

static unsigned root_of(const char *name)
{
	_fd_ int fd = image_of(name);
	struct tree *t;
	unsigned has;

	assert_int_equal(tree_open(fd, &t), 0);
	has = root_look(t);
	tree_close(t);
	return has;
}

static void what_a_root_lacks_is_told(void **state)
{
	(void)state;
	shell("mkdir -p r/usr/sbin r/etc");
	assert_int_equal(root_of("r"), 0);
	assert_non_null(strstr(root_lacks(0), "no /sbin/init"));
	shell("cd r && ln -s usr/sbin sbin && mkdir -p usr/lib/systemd && ln -s ../lib/systemd/systemd usr/sbin/init && "
	      "ln -s /usr/lib/../sbin/loop usr/lib/systemd/systemd && ln -s loop usr/sbin/loop");
	assert_int_equal(root_of("r"), 0);	/* it leads nowhere */
	shell("cd r && rm usr/lib/systemd/systemd && printf '\\177ELF\\001\\001\\001%%50s' >usr/lib/systemd/systemd");
	assert_int_equal(root_of("r"), ROOT_HAS_INIT);
	assert_non_null(strstr(root_lacks(ROOT_HAS_INIT), "x86-64"));
	shell("cp /bin/true r/usr/lib/systemd/systemd");
	assert_int_equal(root_of("r"), ROOT_HAS_INIT | ROOT_IS_X86_64);
	assert_non_null(strstr(root_lacks(ROOT_HAS_INIT | ROOT_IS_X86_64), "eth0"));
	shell("cd r && printf '#!/bin/sh\\n' >usr/lib/systemd/systemd && : >usr/sbin/ifup");
	assert_int_equal(root_of("r"), ROOT_HAS_INIT | ROOT_IS_X86_64 | ROOT_HAS_IFUPDOWN);
	assert_null(root_lacks(ROOT_HAS_INIT | ROOT_IS_X86_64 | ROOT_HAS_IFUPDOWN));
	shell("cd r && rm usr/sbin/ifup && mkdir -p etc/systemd/system/multi-user.target.wants && : >usr/lib/systemd/networkd && "
	      "ln -s /lib/systemd/networkd etc/systemd/system/multi-user.target.wants/systemd-networkd.service && ln -s usr/lib lib");
	assert_int_equal(root_of("r"), ROOT_HAS_INIT | ROOT_IS_X86_64 | ROOT_HAS_NETWORKD);
	assert_null(root_lacks(ROOT_HAS_INIT | ROOT_IS_X86_64 | ROOT_HAS_NETWORKD));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_difference_is_told),
		cmocka_unit_test(a_file_can_be_had),
		cmocka_unit_test(what_is_no_file_system_is_told),
		cmocka_unit_test(broken_ones_are_survived),
		cmocka_unit_test(what_a_root_lacks_is_told),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, fresh_dir, remove_dir);
}
