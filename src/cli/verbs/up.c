/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep up: build what is missing, decide the plan, start the master, wait until all answer. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/built.h"
#include "cli/cli.h"
#include "cli/control.h"
#include "cli/honeypots.h"
#include "cli/image.h"
#include "cli/names.h"
#include "cli/objectives.h"
#include "cli/options.h"
#include "cli/planning.h"
#include "cli/progress.h"
#include "cli/rules.h"
#include "cli/secret.h"
#include "cli/state.h"
#include "cli/store_place.h"
#include "config/config.h"
#include "guest/story.h"
#include "net/gateway.h"
#include "net/tags.h"
#include "roles/database.h"
#include "roles/roles.h"
#include "run/role.h"
#include "run/sandbox.h"

enum { SERVICES_LIMIT_US = 60 * 1000 * 1000 };

struct options {
	const char *file, *store, *key_file;
	bool file_given, fresh, no_wait, foreground;
};

/* --- folders ---------------------------------------------------------------------------------- */

static const struct { const char *below; mode_t mode; int role; } folders[] = {
	/* role: whose it is; -1 root's. Only folders of evidence and alert's spool belong to other users. */
	{ "", 0755, -1 },		{ "run", 0755, -1 },	  { "run/empty", 0555, -1 },
	{ "run/jail", 0555, -1 },	{ "log", 0750, -1 },	  { "disks", 0711, -1 },
	{ "identity", 0700, -1 },	{ "kernel", 0755, -1 },	  { "images", 0755, -1 },
	{ "nids", 0755, -1 },		{ "nids/rules", 0755, -1 },
	{ "inline", 0755, -1 },		{ "inline/rules", 0755, -1 },
	{ "evidence", 0750, ROLE_RECORDER },		{ "evidence/journal", 0750, ROLE_RECORDER },
	{ "evidence/samples", 0750, ROLE_RECORDER },	{ "evidence/pcap", 0750, ROLE_PACKETS },
	{ "evidence/escapes", 0750, ROLE_RECORDER },
	{ "alert", 0755, -1 },		{ "alert/etc", 0755, -1 }, { "alert/etc/ssl", 0755, -1 },
	{ "alert/etc/ssl/certs", 0755, -1 }, { "alert/spool", 0700, ROLE_ALERT },
};

static void make_folders(void)
{
	for (size_t i = 0; i < nitems(folders); i++) {
		_free_ char *path = state_path(folders[i].below);
		uid_t uid = folders[i].role < 0 ? 0 : SKEP_UID + (uid_t)folders[i].role;

		if (mkdir(path, folders[i].mode) < 0 && errno != EEXIST)
			die("%s: %s", path, strerror(errno));
		if (chown(path, uid, uid) < 0 || chmod(path, folders[i].mode) < 0)
			die("%s: %s", path, strerror(errno));
	}
}

/* What libcurl reads, for a process whose root is the folder alert: resolver and certificates. */
static void copy_for_alert(void)
{
	static const char *const files[] = { "etc/resolv.conf", "etc/hosts", "etc/nsswitch.conf", "etc/gai.conf",
					     "etc/ssl/certs/ca-certificates.crt" };

	for (size_t i = 0; i < nitems(files); i++) {
		_free_ char *from = xasprintf("/%s", files[i]), *below = xasprintf("alert/%s", files[i]);
		_free_ char *to = state_path(below);
		_fd_ int in = open(from, O_RDONLY | O_CLOEXEC), out = -1;
		int r;

		unlink(to);
		if (in < 0)
			continue;
		out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
		r = out < 0 ? -errno : file_copy(in, out);
		if (r < 0)
			die("%s: %s", to, strerror(-r));
		fchmod(out, 0644);
	}
}

/* The lock is inherited by the master and lives as long as it does. -1: another master has it. */
static int take_lock(void)
{
	_free_ char *path = state_path("run/lock");
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* --- the plan --------------------------------------------------------------------------------- */

/* The guest's programs ask the processor itself, so it must be told what that says: our own first one. */
static void copy_cpuinfo(struct plan *p)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	size_t n = f ? fread(p->guest_cpuinfo, 1, sizeof(p->guest_cpuinfo) - 2, f) : 0;
	char *end;

	if (f)
		fclose(f);
	p->guest_cpuinfo[n] = '\0';
	end = strstr(p->guest_cpuinfo, "\n\n");
	if (end)
		end[2] = '\0';
	else
		p->guest_cpuinfo[0] = '\0';
}

static void make_plan(struct plan *p, const struct image *image, const struct options *o)
{
	_free_ char *rules = data_path(DATA_RULES), *kernel = NULL;
	uint64_t all = honeypots_there(&p->net);

	p->epoch = now_us();
	p->store_given = o->store;
	plan_path(p->state, state_dir());
	plan_path(p->rules, rules);
	if (!str_copy(p->guest_cmdline, STORY_CMDLINE, sizeof(p->guest_cmdline)))
		die("the honeypots' command line is too long");
	planning_decisions(p);
	p->net.containment.tagged = tags_try() == 0;
	if (!p->net.containment.tagged && p->net.containment.session.set)
		log_warn("this machine cannot tell what sessions send apart: their budgets do not hold, see `skep doctor`");
	planning_prevention(p);
	if (p->net.containment.locked)
		log_warn("the honeynet is locked, as it was left: `skep lockdown off` opens it");
	copy_cpuinfo(p);
	for (uint32_t i = 0; i < p->net.n_honeypots; i++)
		p->born_us[i] = p->epoch;
	kernel = planning_build(p, all, image, o->file, true);
	plan_path(p->kernel, kernel);
	planning_identities(p, all, all);
	for (uint32_t i = 0; o->fresh && i < p->net.n_honeypots; i++)
		unlink(p->disk[i]);
}

/* The index role looks into the server's folder before the server is started for the first time. */
static void prepare_store(const struct plan *p)
{
	struct db_server d;
	const char *what = "run/store";
	int r = store_place_note(p);

	database_server(p, p->state, &d);
	if (r == 0 && database_private(p))
		r = db_server_prepare(&d, &what);
	if (r < 0)
		die("store: %s: %s", what, strerror(-r));
}

/* --- start and wait --------------------------------------------------------------------------- */

static void detach(void)
{
	_free_ char *path = state_path("log/skep.log");
	int log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0640), null = open("/dev/null", O_RDWR);

	if (log < 0 || null < 0)
		die("%s: %s", path, strerror(errno));
	setsid();
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	close(log);
	close(null);
	if (chdir("/") < 0)
		die("/: %s", strerror(errno));
}

static _Noreturn void run_master(const struct plan *p, int ready, bool foreground)
{
	int fd = plan_seal(p);

	if (fd < 0)
		die("plan: %s", strerror(-fd));
	if (!foreground)
		detach();
	log_plain(0);
	exit(master_main(fd, ready));
}

static void start_master(const struct plan *p, const struct options *o, int lock)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) < 0)
		die("pipe: %s", strerror(errno));
	pid = o->foreground ? 0 : fork();
	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (pid == 0)
		run_master(p, ready[1], o->foreground);
	close(ready[1]);
	close(lock);
	if (read(ready[0], &byte, 1) != 1)
		die("skep did not start: see %s/log/skep.log", state_dir());
	close(ready[0]);
}

/* Ends what was begun, so that a start that fails leaves nothing behind. */
static int give_up(int control, const char *why)
{
	log_error("%s: see %s/log/skep.log", why, state_dir());
	if (control >= 0)
		control_ask(control, MSG_DOWN, NULL, 30000, NULL, NULL);
	return 1;
}

/* @ours: we started it just now, so what fails to come up is ended again */
static int wait_until_up(bool ours)
{
	_fd_ int control = control_must();
	char why[HONEYPOTS_WHY];
	int r = honeypots_wait(control, UINT64_MAX, why);

	if (r == 0)
		return 0;
	return give_up(ours && r != -EPIPE ? control : -1, why);
}

/* Without a service the honeynet stands, but something is not seen: that is said, and why. */
static void wait_for_services(void)
{
	uint64_t since = mono_us();
	_fd_ int control = control_must();
	struct honeypots h = { 0 };

	while (honeypots_ask(control, &h) == 0 && h.services_up < h.services && mono_us() - since < SERVICES_LIMIT_US) {
		progress_show("services", h.service, since);
		poll(NULL, 0, 200);
	}
	if (h.services_up < h.services)
		log_warn("%s (`skep status`, `skep doctor`)", h.service);
	else if (h.services)
		progress_done("services", "up", since);
}

static int say_what_next(const struct honeynet *n)
{
	static const struct { const char *words, *what; } next[] = {
		{ "lab attack break-in", "break into it with real tools" },
		{ "sessions", "who came" },
		{ "session N", "what he did" },
		{ "replay N", "his terminal again" },
		{ "events -f", "everything as it happens" },
		{ "lab shell", "a shell as the attacker" },
		{ "down", "end it" },
	};
	struct addr first = addr4(n->honeypot[0].address);
	/* In a checkout it stands there; once installed, in the PATH. */
	const char *skep = strcmp(data_dir(), BUILT_DATA_DIR) ? "./skep" : "skep";
	char address[ADDR_TEXT];

	printf("\nThe honeynet %s stands, sealed in a lab: no route leads out of this machine. Try:\n\n", n->name);
	for (size_t i = 0; i < nitems(next); i++)
		printf("  sudo %s %-24s %s\n", skep, next[i].words, next[i].what);
	printf("  sudo %s lab exec -- curl http://%s/\n", skep, addr_text(&first, address));
	return CLI_OK;
}

/* Up already: that is what was asked for, unless something else was asked for. */
static int stands_already(const struct options *o, const struct honeynet *n)
{
	if (o->file_given || o->fresh || o->foreground)
		die("a honeynet stands already (state folder %s): `skep status` shows it, `sudo skep down` ends it",
		    state_dir());
	fprintf(stderr, "skep: the honeynet stands already\n");
	if (o->no_wait)
		return CLI_OK;
	return wait_until_up(false) || honeypots_print() ? CLI_FAILED : say_what_next(n);
}

/* read_options() - -1, or what to exit with */
static int read_options(int argc, char **argv, struct options *o)
{
	const struct cli_option options[] = {
		{ "fresh", .flag = &o->fresh },
		{ "no-wait", .flag = &o->no_wait },
		{ "foreground", .flag = &o->foreground },
		{ "store", .word = &o->store },
		{ "key-file", .word = &o->key_file },
		{ 0 },
	};
	int r = cli_options(&argc, &argv, "up", options);

	if (r >= 0)
		return r;
	if (argc > 1)
		return cli_wrong("up", NULL);
	o->file = argc ? argv[0] : NULL;
	o->file_given = argc;
	return -1;
}

int verb_up(int argc, char **argv)
{
	struct options o = { 0 };
	_free_ char *shipped = NULL;
	struct plan *p;
	_free_ struct image *image = NULL;
	_diag_ struct diag d = { 0 };
	_text_ struct text complaints = { 0 };
	int lock, r = read_options(argc, argv, &o);

	if (r >= 0)
		return r;
	if (geteuid())
		die("up needs root: use sudo");
	if (!o.file)
		o.file = shipped = data_path(DATA_HONEYNET);
	p = xcalloc(1, sizeof(*p));
	image = xcalloc(MAX_HONEYPOTS, sizeof(*image));
	if (config_load(o.file, &p->net, &d) < 0 || names_find(&p->net, &d) < 0 ||
	    images_find(&p->net, honeypots_there(&p->net), image, &d) < 0) {
		diag_print(&d, o.file, stderr);
		return 2;
	}
	planning_file(p, o.file);
	if (o.store && config_store(o.store, &p->net, &d) < 0) {
		diag_print(&d, "--store", stderr);
		return 2;
	}
	if (objectives_of(&p->net, &p->objectives, &complaints) + rules_prevent(&p->net, &complaints)) {
		fputs(text_str(&complaints), stderr);
		return 2;
	}
	make_folders();
	lock = take_lock();
	if (lock < 0)
		return stands_already(&o, &p->net);
	copy_for_alert();
	make_plan(p, image, &o);
	prepare_store(p);
	secret_begin(o.key_file);
	start_master(p, &o, lock);
	if (o.no_wait)
		return 0;
	if (wait_until_up(true))
		return CLI_FAILED;
	wait_for_services();
	return honeypots_print() ? CLI_FAILED : say_what_next(&p->net);
}
