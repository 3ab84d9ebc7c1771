/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one who has taken over a honeypot's kernel can do: nothing. Root's tests. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "guest/disk.h"
#include "guest/filter.h"
#include "guest/landlock.h"
#include "guest/limits.h"
#include "guest/spawn.h"
#include "jail_probe.h"
#include "run/sandbox.h"

enum { AT_LEAST = 40, WAIT_MS = 10000 };

static char dir[] = "/var/tmp/skep-test-XXXXXX";
static struct filter filter;
static const uint8_t mac[6] = { 2 };

static char *make_file(const char *name, size_t size)
{
	char *path = xasprintf("%s/%s", dir, name);
	_fd_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0 && ftruncate(fd, (off_t)size) == 0);
	return path;
}

static int set_up(void **state)
{
	(void)state;
	if (geteuid())
		return 0;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chmod(dir, 0755), 0);
	return filter_make(SPAWN_FD_KERNEL, &filter);
}

static int tear_down(void **state)
{
	(void)state;
	filter_free(&filter);
	for (const char **name = (const char *[]){ "image", "disk", "jail", "", NULL }; !geteuid() && *name; name++) {
		_free_ char *path = xasprintf("%s/%s", dir, *name);

		remove(path);
	}
	return 0;
}

struct jail {
	int ring, listener, guest;
	pid_t pid;
};

static struct jail begin(unsigned what, const struct limits_group *group)
{
	_free_ char *image = make_file("image", 1 << 20), *disk = xasprintf("%s/disk", dir), *root = xasprintf("%s/jail", dir);
	_free_ char *probe = xasprintf("%s/jail_probe", PROBE_DIR);
	struct jail j = { .ring = memfd_create("ring", MFD_CLOEXEC) };
	struct probe_note note = { .attempt = what };
	_fd_ int master = -1, slave = -1;

	assert_int_equal(pwrite(j.ring, &note, sizeof(note), 0), sizeof(note));
	assert_int_equal(disk_make(disk, image, SKEP_UID_GUEST), 0);
	assert_true(mkdir(root, 0700) == 0 || errno == EEXIST);
	assert_int_equal(console_open(&master, &slave), 0);
	j.guest = guest_spawn(&(struct spawn){ .kernel = probe, .image = image, .disk = disk, .scratch = root, .memory_mb = 32,
					       .uid = SKEP_UID_GUEST, .mac = mac, .filter = &filter, .group = group,
					       .ring = j.ring, .tap = slave, .console = slave }, &j.pid, &j.listener);
	assert_true(j.guest >= 0 && j.listener >= 0);
	return j;
}

static struct probe_note note_of(const struct jail *j)
{
	struct probe_note n;

	assert_int_equal(pread(j->ring, &n, sizeof(n), 0), sizeof(n));
	return n;
}

static int end(struct jail *j)
{
	int status;

	kill(j->pid, SIGKILL);
	assert_int_equal(waitpid(j->pid, &status, 0), j->pid);
	close(j->ring);
	close(j->listener);
	close(j->guest);
	return status;
}

/* try_out() - attempt @n in a jail of its own; false if there is none. @ret_foul: "" or the call it was stopped at */
static bool try_out(unsigned n, const struct limits_group *group, struct probe_note *ret, char *ret_foul, size_t size)
{
	struct jail j = begin(n, group);
	struct pollfd fd[] = { { .fd = j.listener, .events = POLLIN }, { .fd = j.guest, .events = POLLIN } };
	struct foul foul;
	int status;

	*ret_foul = '\0';
	assert_true(poll(fd, 2, WAIT_MS) > 0);
	if (fd[0].revents & POLLIN && foul_next(j.listener, &foul) == 0)
		foul_text(&foul, ret_foul, size);
	else
		poll(&fd[1], 1, WAIT_MS);
	*ret = note_of(&j);
	status = end(&j);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)	/* a call of another architecture: nobody is asked */
		snprintf(ret_foul, size, "ended at once");
	return ret->name[0];
}

static void no_attempt_succeeds(void **state)
{
	struct probe_note n;
	char foul[256];
	unsigned i;

	(void)state;
	if (geteuid())
		skip();
	for (i = 0; try_out(i, NULL, &n, foul, sizeof(foul)); i++) {
		print_message("%-20s %s\n", n.name, *foul ? foul : n.succeeded ? "SUCCEEDED" : n.tried ? strerror(n.error) : "ended");
		assert_false(n.succeeded);
		assert_true(*foul || n.tried);
	}
	assert_true(i >= AT_LEAST);
}

static struct limits_group make_group(uint64_t memory, uint32_t processes)
{
	struct limits_group group;

	assert_int_equal(limits_make(0, &(struct limits){ memory, processes, 50 }, &group), 0);
	for (size_t k = 0; k < LIMITS_KINDS; k++)
		assert_non_null(group.path[k]);
	return group;
}

/* How much it got in such a group */
static unsigned long takes(unsigned what, uint64_t memory, uint32_t processes)
{
	struct limits_group group = make_group(memory, processes);
	struct probe_note n;
	char foul[256];

	try_out(what, &group, &n, foul, sizeof(foul));
	assert_string_equal(foul, "");
	limits_free(&group);
	return n.got;
}

static void a_fork_bomb_stays_small(void **state)
{
	unsigned long got;

	(void)state;
	if (geteuid())
		skip();
	got = takes(PROBE_FORKS, 256 << 20, 50);
	assert_int_equal(got, 49);
}

static void a_memory_bomb_stays_small(void **state)
{
	unsigned long got;

	(void)state;
	if (geteuid())
		skip();
	got = takes(PROBE_EATS, 64 << 20, 50);
	assert_in_range(got, 32, 64);
}

static void what_is_frozen_stands_still(void **state)
{
	struct limits_group group;
	unsigned long at;
	struct jail j;

	(void)state;
	if (geteuid())
		skip();
	group = make_group(64 << 20, 50);
	j = begin(PROBE_COUNTS, &group);
	while (!note_of(&j).got)
		usleep(1000);
	assert_int_equal(limits_freeze(&group, true), 0);
	usleep(100000);		/* it may take a moment */
	at = note_of(&j).got;
	usleep(100000);
	assert_int_equal(note_of(&j).got, at);
	assert_int_equal(limits_freeze(&group, false), 0);
	for (int i = 0; i < 1000 && note_of(&j).got == at; i++)
		usleep(1000);
	assert_true(note_of(&j).got > at);
	end(&j);
	limits_free(&group);
}

static void what_the_root_is_like_landlock_does_not_tell(void **state)
{
	struct probe_note n;
	char foul[256];

	(void)state;
	if (geteuid())
		skip();
	if (!landlock_version()) {
		print_message("SKIPPED, NOT TESTED: this kernel has no Landlock\n");
		skip();
	}
	try_out(PROBE_LISTS, NULL, &n, foul, sizeof(foul));
	assert_string_equal(foul, "");
	assert_int_equal(n.got, 1);
	assert_int_equal(n.error, EACCES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_attempt_succeeds), cmocka_unit_test(a_fork_bomb_stays_small),
		cmocka_unit_test(a_memory_bomb_stays_small), cmocka_unit_test(what_is_frozen_stands_still),
		cmocka_unit_test(what_the_root_is_like_landlock_does_not_tell),
	};

	return cmocka_run_group_tests_name("jail", tests, set_up, tear_down);
}
