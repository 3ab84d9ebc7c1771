/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * services - starts and watches the daemons that are not ours: the NIDS, the prevention and the database. They run
 * in the gateway's network namespace, each as a user of its own with the capabilities of its row, and
 * die with this process.
 *
 * It reads nothing from them but whether they live and answer: what they find goes to capture as a
 * descriptor of a file. A start is a list of commands, the last of which stays. One that ends is
 * started again, later each time.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "roles.h"
#include "run/sandbox.h"
#include "service.h"

enum {
	TICK_US = 200 * 1000, TEND_US = 1000 * 1000,
	BACKOFF_MIN_US = 500 * 1000, BACKOFF_MAX_US = 30 * 1000 * 1000,
	STEADY_US = 30 * 1000 * 1000,	/* ran for that long: the next start is at once again */
	MAX_WORDS = 48,
	STOP_US = 5 * 1000 * 1000,
};

static const struct service_ops *const table[SERVICES] = {
	[SERVICE_NIDS] = &service_nids,
	[SERVICE_DATABASE] = &service_database,
	[SERVICE_INLINE] = &service_inline,
};

struct services;

struct supervised {
	struct services *all;
	enum service_id id;
	const struct service_ops *ops;
	enum service_state state;
	struct service_run run;
	unsigned step;
	bool daemon;			/* the command that runs is the last one */
	uint64_t started_us, backoff_us, retry_us;
	sd_event_source *exit;
};

struct services {
	struct role role;
	int gateway;			/* network namespace; -1 not yet given */
	bool stopping;
	uint64_t tended_us;
	struct supervised service[SERVICES];
	sd_event_source *tick;
};

const char *service_name(enum service_id s)
{
	return table[s]->name;
}

const char *service_state_name(enum service_state s)
{
	static const char *const names[SERVICE_STATES] = { "off", "starting", "up", "broken" };

	return names[s];
}

bool service_wanted(const struct plan *p, enum service_id s)
{
	return table[s]->wanted(p);
}

uid_t service_uid(enum service_id s)
{
	return SKEP_UID_SERVICE + s;
}

void command_add(struct command *c, const char *word)
{
	text_addn(&c->words, word, strlen(word) + 1);
}

/* --- starting --------------------------------------------------------------------------------- */

static void enter(struct supervised *s, enum service_state to, const char *why)
{
	_text_ struct text t = { 0 };

	if (s->state == to)
		return;
	s->state = to;
	put_u8(&t, (uint8_t)s->id);
	put_u8(&t, (uint8_t)to);
	text_add(&t, why);
	peer_say(&s->all->role.master, MSG_SERVICE, &t, -1);
}

/* Capabilities survive the change of user and the exec only as ambient ones. */
static int become(uid_t uid, uint64_t caps)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	for (int i = 0; i < 2; i++)
		data[i].permitted = data[i].effective = data[i].inheritable = (uint32_t)(caps >> 32 * i);
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0 ||
	    syscall(SYS_capset, &head, data) < 0)
		return -errno;
	for (int i = 0; i < 64; i++)
		if (caps >> i & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) < 0)
			return -errno;
	return 0;
}

static _Noreturn void run_command(const struct supervised *s, struct command *c, int log)
{
	char *argv[MAX_WORDS + 1] = { NULL };
	size_t n = 0;
	sigset_t none;

	for (char *w = c->words.at; n < MAX_WORDS && w < c->words.at + c->words.len; w += strlen(w) + 1)
		argv[n++] = w;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	if (setns(s->all->gateway, CLONE_NEWNET) < 0 || chdir("/") < 0 || dup2(log, STDOUT_FILENO) < 0 ||
	    dup2(log, STDERR_FILENO) < 0 || close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		_exit(126);
	if (!c->as_root && become(service_uid(s->id), s->ops->caps) < 0)
		_exit(126);
	prctl(PR_SET_PDEATHSIG, SIGKILL);	/* after the change of user, which clears it */
	clearenv();
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	if (!c->as_root && s->ops->confine && s->ops->confine() < 0)
		_exit(126);
	execvp(argv[0], argv);
	_exit(127);
}

static int log_open(const struct supervised *s)
{
	_free_ char *path = xasprintf("%s/log/%s.log", s->run.plan->state, s->ops->name);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);

	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	return fd;
}

static int command_ended(sd_event_source *src, const siginfo_t *si, void *userdata);

static int next_command(struct supervised *s)
{
	_text_ struct text words = { 0 };
	struct command c = { 0 };
	_fd_ int log = log_open(s);
	int r = s->ops->command(&s->run, s->step++, &c);

	words = c.words;	/* frees them */
	if (r < 0)
		return r;
	s->daemon = r == 0;
	s->run.pid = fork();
	if (s->run.pid < 0) {
		s->run.pid = 0;
		return -errno;
	}
	if (!s->run.pid)
		run_command(s, &c, log);
	return sd_event_add_child(s->all->role.loop, &s->exit, s->run.pid, WEXITED, command_ended, s);
}

static void retry_later(struct supervised *s, const char *why)
{
	if (mono_us() - s->started_us > STEADY_US)
		s->backoff_us = 0;
	s->backoff_us = s->backoff_us ? s->backoff_us * 2 : BACKOFF_MIN_US;
	if (s->backoff_us > BACKOFF_MAX_US)
		s->backoff_us = BACKOFF_MAX_US;
	s->retry_us = mono_us() + s->backoff_us;
	enter(s, SERVICE_BROKEN, why);
}

static void start(struct supervised *s)
{
	const char *what = "start";
	int r = s->ops->prepare(&s->run, &what);
	_free_ char *why = NULL;

	s->started_us = mono_us();
	s->step = 0;
	enter(s, SERVICE_STARTING, "");
	if (r == 0)
		r = next_command(s);
	if (r >= 0)
		return;
	why = xasprintf("%s: %s", what, strerror(-r));
	retry_later(s, why);
}

static int command_ended(sd_event_source *src, const siginfo_t *si, void *userdata)
{
	struct supervised *s = userdata;
	bool well = !s->daemon && si->si_code == CLD_EXITED && si->si_status == 0;
	_free_ char *why = NULL;

	s->run.pid = 0;
	s->exit = sd_event_source_unref(src);
	if (s->all->stopping)
		return 0;
	if (well && next_command(s) >= 0)
		return 0;
	why = xasprintf("%s %s %d; see log/%s.log", s->daemon ? "it ended with" : "its preparation ended with",
			si->si_code == CLD_EXITED ? "exit code" : "signal", si->si_status, s->ops->name);
	retry_later(s, why);
	return 0;
}

/* --- watching --------------------------------------------------------------------------------- */

static void look_after(struct supervised *s, bool tend)
{
	if (!s->run.pid) {
		if (mono_us() >= s->retry_us)
			start(s);
		return;
	}
	if (s->state == SERVICE_STARTING && s->daemon && s->ops->answers(&s->run))
		enter(s, SERVICE_UP, "");
	if (s->state == SERVICE_UP && tend && s->ops->tend)
		s->ops->tend(&s->run);
}

static int tick(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct services *all = userdata;
	uint64_t now = mono_us();
	bool tend = now - all->tended_us >= TEND_US;

	(void)usec;
	if (tend)
		all->tended_us = now;
	for (enum service_id i = 0; i < SERVICES; i++)
		if (all->gateway >= 0 && !all->stopping && service_wanted(all->role.plan, i))
			look_after(&all->service[i], tend);
	sd_event_source_set_time_relative(src, TICK_US);
	return sd_event_source_set_enabled(src, SD_EVENT_ONESHOT);
}

static void give(void *arg, enum source_kind kind, uint32_t index, int fd)
{
	struct services *all = arg;
	_text_ struct text t = { 0 };

	put_u8(&t, (uint8_t)kind);
	put_u32(&t, index);
	peer_say(&all->role.master, MSG_SOURCE, &t, fd);
}

/* --- master ----------------------------------------------------------------------------------- */

/* They are asked to end, and get a moment for it: a database likes that better than SIGKILL. */
static int stop(struct services *all)
{
	uint64_t until = mono_us() + STOP_US;

	all->stopping = true;
	for (enum service_id i = 0; i < SERVICES; i++)
		if (all->service[i].run.pid)
			kill(all->service[i].run.pid, SIGTERM);
	for (enum service_id i = 0; i < SERVICES; i++) {
		pid_t pid = all->service[i].run.pid;

		all->service[i].exit = sd_event_source_unref(all->service[i].exit);
		while (pid && waitpid(pid, NULL, WNOHANG) == 0) {
			if (mono_us() > until)
				kill(pid, SIGKILL);
			usleep(10 * 1000);
		}
	}
	return sd_event_exit(all->role.loop, 0);
}

static int from_master(struct peer *peer, struct msg *m)
{
	struct role *role = peer->owner;
	struct services *all = role->self;
	int r = -EBADMSG;

	if (m->type == MSG_NAMESPACE && m->fd >= 0 && all->gateway < 0) {
		all->gateway = steal_fd(&m->fd);
		r = 0;
	} else if (m->type == MSG_SOURCES) {
		for (enum service_id i = 0; i < SERVICES; i++)
			if (service_wanted(role->plan, i) && table[i]->give_all)
				table[i]->give_all(&all->service[i].run);
		r = 0;
	} else if (m->type == MSG_PLAN)
		r = role_take_plan(role, m);
	else if (m->type == MSG_STOP)
		r = stop(all);
	close_fd(&m->fd);
	return r;
}

int services_main(void)
{
	static struct services all;
	sigset_t child;

	role_begin(&all.role, "services", from_master, &all);
	umask(0022);	/* what is written here, daemons with users of their own read */
	all.gateway = -1;
	for (enum service_id i = 0; i < SERVICES; i++) {
		all.service[i] = (struct supervised){ .all = &all, .id = i, .ops = table[i] };
		all.service[i].run = (struct service_run){ .plan = all.role.plan, .id = i, .give = give, .arg = &all };
	}
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);	/* as sd_event_add_child() wants it */
	/* What its children need, it has: namespaces and users to change to, their capabilities, their files. */
	role_confine(&all.role, &(struct sandbox){
		.caps = 1ULL << CAP_SYS_ADMIN | 1ULL << CAP_SETUID | 1ULL << CAP_SETGID | 1ULL << CAP_SETPCAP |
			1ULL << CAP_KILL | 1ULL << CAP_CHOWN | 1ULL << CAP_FOWNER | 1ULL << CAP_DAC_OVERRIDE |
			1ULL << CAP_NET_ADMIN | 1ULL << CAP_NET_RAW | 1ULL << CAP_IPC_LOCK | 1ULL << CAP_SYS_NICE,
	});
	if (sd_event_add_time_relative(all.role.loop, &all.tick, CLOCK_MONOTONIC, TICK_US, 1000, tick, &all) < 0)
		die("timer");
	peer_say(&all.role.master, MSG_READY, NULL, -1);
	return role_loop(&all.role);
}
