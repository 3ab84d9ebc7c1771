/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep access setup|status|stop|keys - an sshd of our own, for administration from afar.
 *
 * All of it is in the folder access/ of the state folder; of the machine it uses sshd itself, its user
 * for privilege separation, and root. Setting up again writes all again, keeps the host key, and starts
 * sshd anew only if its configuration changed: keys it reads at every login.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <shadow.h>
#include <stdio.h>
#include <string.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "access/key.h"
#include "access/sshd.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/access.h"
#include "cli/cli.h"
#include "cli/state.h"
#include "config/config.h"

enum { KEYS_FILE_MAX = 64 * 1024, KEYS_MAX = 16 };

static const char *const role_names[] = { [ACCESS_OBSERVER] = "observer", [ACCESS_ADMINISTRATOR] = "administrator" };

static char *below(const char *folder, const char *name)
{
	return xasprintf("%s/%s", folder, name);
}

/* --- files ------------------------------------------------------------------------------------ */

static int read_file(const char *path, size_t max, struct text *ret)
{
	_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? -errno : file_read(fd, max, ret);
}

static void write_file(const char *path, const struct text *t)
{
	_fd_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0 || fchmod(fd, 0600) < 0 || write(fd, text_str(t), t->len) != (ssize_t)t->len || fsync(fd) < 0)
		die("%s: %s", path, strerror(errno));
}

static bool same(const char *path, const struct text *want)
{
	_text_ struct text now = { 0 };

	return read_file(path, 1 << 20, &now) == 0 && now.len == want->len && !memcmp(now.at, want->at, now.len);
}

/* --- keys ------------------------------------------------------------------------------------- */

struct keys {
	const struct honeynet *net;
	const struct sshd_place *place;
	struct text lines;	/* authorized_keys */
	struct text list;	/* a line each: user, role, fingerprint, type */
	size_t bad;
};

static void keys_fini(struct keys *k)
{
	text_fini(&k->lines);
	text_fini(&k->list);
}

#define _keys_ __attribute__((cleanup(keys_fini)))

static void take_key(struct keys *k, const struct access_user *u, const struct access_key *key)
{
	sshd_key_line(k->place, role_names[u->role], u->name, key, &k->lines);
	text_addf(&k->list, "%-13s  %-16s  ", role_names[u->role], u->name);
	key_fingerprint(key, &k->list);
	text_addf(&k->list, "  %s\n", key->type);
}

static void take_lines(struct keys *k, const struct access_user *u, const char *file, const struct text *t)
{
	struct access_key key;
	unsigned number = 0, n = 0;
	const char *why;

	for (size_t i = 0; i < t->len;) {
		size_t len = strcspn(t->at + i, "\n");
		int r = key_read((struct span){ t->at + i, len }, &key, &why);

		number++;
		if (r == 0 && ++n <= KEYS_MAX)
			take_key(k, u, &key);
		if (r < 0) {
			log_error("%s:%u: user %s: %s", file, number, u->name, why);
			k->bad++;
		}
		i += len + 1;
	}
	if (n == 0 || n > KEYS_MAX) {
		log_error("%s: user %s: %s", file, u->name, n ? "too many keys" : "no key in this file");
		k->bad++;
	}
}

/* A name is what the record has of a person: it stands for one. */
static bool is_second(const struct access_conf *a, uint32_t i)
{
	for (uint32_t k = 0; k < i; k++)
		if (!strcmp(a->user[k].name, a->user[i].name))
			return true;
	return false;
}

/* read_keys() - all of them, with a complaint for each that is none; 0 or -EINVAL */
static int read_keys(struct keys *k)
{
	for (uint32_t i = 0; i < k->net->access.n_users; i++) {
		const struct access_user *u = &k->net->access.user[i];
		_text_ struct text t = { 0 };
		int r = read_file(u->keys, KEYS_FILE_MAX, &t);

		if (is_second(&k->net->access, i)) {
			log_error("access: user %s is there twice; several keys of one go into one file", u->name);
			k->bad++;
		} else if (r < 0) {
			log_error("%s: keys of user %s: %s", u->keys, u->name, strerror(-r));
			k->bad++;
		} else
			take_lines(k, u, u->keys, &t);
	}
	return k->bad ? -EINVAL : 0;
}

/* --- what must be so -------------------------------------------------------------------------- */

/* Root's password is not used, but sshd refuses an account that is locked with "!". */
static bool root_may_log_in(void)
{
	struct spwd *s = getspnam("root");
	struct passwd *p = getpwnam("root");
	const char *shell = p ? strrchr(p->pw_shell, '/') : NULL;

	if (s && s->sp_pwdp[0] == '!') {
		log_error("root's account is locked with \"!\" in /etc/shadow, so sshd refuses it even with a key; "
			  "`usermod -p '*' root` keeps it without a password and unlocks it for keys");
		return false;
	}
	if (!shell || !strcmp(shell, "/nologin") || !strcmp(shell, "/false")) {
		log_error("root has no shell in /etc/passwd: sshd starts forced commands through it");
		return false;
	}
	return true;
}

static bool machine_is_ready(void)
{
	if (!daemon_sshd())
		log_error("sshd is not installed: `tools/packages run`, or apt-get install openssh-server");
	else if (!getpwnam("sshd"))
		log_error("there is no user sshd, which sshd needs: reinstall openssh-server");
	else
		return root_may_log_in();
	return false;
}

static void must_fit(const char *path)
{
	if (!sshd_path_fits(path))
		die("%s: only letters, digits and /._+,@:- may be in a path that sshd is told", path);
}

static void make_folder(const char *path, mode_t mode)
{
	if (mkdir(path, mode) < 0 && errno != EEXIST)
		die("%s: %s", path, strerror(errno));
}

/* --- setup ------------------------------------------------------------------------------------ */

static char *program_path(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0)
		die("/proc/self/exe: %s", strerror(errno));
	path[n] = '\0';
	return xstrdup(path);
}

static void run_keygen(const char *file)
{
	pid_t pid = fork();
	int status = 1;

	if (pid == 0) {
		execlp("ssh-keygen", "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "skep", "-f", file, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status)
		die("ssh-keygen could not make the host key %s", file);
}

static void make_host_key(const char *folder)
{
	_free_ char *key = below(folder, SSHD_HOST_KEY);

	if (access(key, F_OK))
		run_keygen(key);
	if (chmod(key, 0600) < 0)
		die("%s: %s", key, strerror(errno));
}

static void say_host_key(const char *folder)
{
	_free_ char *path = below(folder, SSHD_HOST_KEY ".pub");
	_text_ struct text t = { 0 }, print = { 0 };
	struct access_key k;
	const char *why;

	if (read_file(path, KEYS_FILE_MAX, &t) < 0 || key_read((struct span){ text_str(&t), strcspn(text_str(&t), "\n") }, &k, &why))
		return;
	key_fingerprint(&k, &print);
	printf("host key  %s (ed25519)\n", text_str(&print));
}

/* put() - true: it was not so before */
static bool put(const char *folder, const char *name, const struct text *t)
{
	_free_ char *path = below(folder, name), *beside = xasprintf("%s/%s.new", folder, name);

	if (same(path, t))
		return false;
	write_file(beside, t);
	if (rename(beside, path) < 0)
		die("%s: %s", path, strerror(errno));
	return true;
}

/* sshd looks at it before we put it in place: a bad one leaves the old one as it was. */
static void check_config(const char *folder, const struct text *config)
{
	_free_ char *trial = below(folder, SSHD_CONFIG ".trial");
	_text_ struct text why = { 0 };
	int r;

	write_file(trial, config);
	r = daemon_check(trial, &why);
	unlink(trial);
	if (r < 0)
		die("sshd refuses the configuration: %s", text_str(&why));
}

static void start(const char *folder)
{
	int r = daemon_start(folder);

	if (r < 0)
		die("sshd does not listen: %s/" SSHD_LOG " says why%s%s", folder, r == -ETIMEDOUT ? "" : ": ",
		    r == -ETIMEDOUT ? "" : strerror(-r));
}

/* What starts it with the machine; whether that should be is not ours to say. */
static void put_unit(const struct sshd_place *p)
{
	_text_ struct text unit = { 0 };

	if (access("/run/systemd/system", F_OK) < 0)
		return;
	sshd_unit(p, daemon_sshd(), &unit);
	put(p->folder, SSHD_UNIT, &unit);
	printf("at boot   systemctl enable %s/" SSHD_UNIT "\n", p->folder);
}

/* renew() - sshd runs with what is in the folder now */
static void renew(const char *folder, bool config_changed, bool keys_changed)
{
	size_t open = 0;
	pid_t pid;
	_fd_ int fd = daemon_find(folder, &pid);

	if (fd >= 0 && config_changed && daemon_stop(folder, false, &open) < 0)
		die("the sshd that runs (pid %d) does not end", pid);
	if (fd >= 0 && !config_changed)
		open = daemon_open(pid);
	if (fd < 0 || config_changed)
		start(folder);
	fprintf(stderr, "skep: sshd %s\n", fd < 0 ? "started" : config_changed ? "started anew" : "runs already");
	if (open && keys_changed)
		log_warn("%zu logins are open from before, with the rights they had; `skep access stop --sessions` "
			 "ends them", open);
}

static int set_up(const struct honeynet *net)
{
	_free_ char *folder = state_path("access"), *program = program_path();
	struct sshd_place place = { .folder = folder, .program = program, .state = state_dir(), .data = data_dir(),
				    .address = addr4(net->access.address), .port = (uint16_t)net->access.port };
	_keys_ struct keys keys = { .net = net, .place = &place };
	_text_ struct text config = { 0 };
	char address[ADDR_TEXT];
	bool new_config, new_keys;

	must_fit(folder);
	must_fit(program);
	must_fit(place.data);
	if (read_keys(&keys) < 0 || !machine_is_ready())
		return CLI_FAILED;
	make_folder(state_dir(), 0755);
	make_folder(folder, 0700);
	make_folder("/run/sshd", 0755);		/* where sshd wants to be when it parses; empty */
	make_host_key(folder);
	sshd_config(&place, &config);
	check_config(folder, &config);
	new_keys = put(folder, SSHD_KEYS, &keys.lines);
	new_config = put(folder, SSHD_CONFIG, &config);
	renew(folder, new_config, new_keys);
	printf("listens   %s port %u\n", addr_text(&place.address, address), place.port);
	say_host_key(folder);
	put_unit(&place);
	printf("log in    ssh -p %u root@%s [skep VERB ...]\n%s", place.port, address, text_str(&keys.list));
	return CLI_OK;
}

/* --- the verb --------------------------------------------------------------------------------- */

static int load(const char *file, struct honeynet *net)
{
	_free_ char *standard = data_path(DATA_HONEYNET);
	_diag_ struct diag d = { 0 };

	file = file ? file : standard;
	if (config_load(file, net, &d) < 0) {
		diag_print(&d, file, stderr);
		return CLI_USAGE;
	}
	if (!((net->access.address ^ net->network) >> (32 - net->prefix))) {
		log_error("%s: access address: it is in the honeynet's network; administration must come another way", file);
		return CLI_USAGE;
	}
	if (!net->access.n_users) {
		log_error("%s names nobody who may come in: add access, users, with a name, a role and a key", file);
		return CLI_FAILED;
	}
	return CLI_OK;
}

static int setup(const char *file)
{
	_free_ struct honeynet *net = xcalloc(1, sizeof(*net));
	int r = load(file, net);

	if (r == CLI_OK && geteuid())
		die("access setup needs root: use sudo");
	return r ? r : set_up(net);
}

static int keys(const char *file)
{
	_free_ struct honeynet *net = xcalloc(1, sizeof(*net));
	const struct sshd_place place = { .program = "skep" };
	_keys_ struct keys k = { .net = net, .place = &place };
	int r = load(file, net);

	if (r)
		return r;
	r = read_keys(&k);
	fputs(text_str(&k.list), stdout);
	return r < 0 ? CLI_FAILED : CLI_OK;
}

static int status(void)
{
	_free_ char *folder = state_path("access");
	pid_t pid;
	_fd_ int fd = daemon_find(folder, &pid);

	if (fd < 0) {
		printf("sshd      does not run: `sudo skep access setup` starts it\n");
		return CLI_FAILED;
	}
	printf("sshd      runs, pid %d, %zu logins open\n", pid, daemon_open(pid));
	say_host_key(folder);
	return CLI_OK;
}

static int stop(bool sessions)
{
	_free_ char *folder = state_path("access");
	size_t open = 0;
	int r = daemon_stop(folder, sessions, &open);

	if (r == -ESRCH) {
		fprintf(stderr, "skep: no sshd of ours runs\n");
		return CLI_OK;
	}
	if (r < 0)
		die("sshd does not end: %s", strerror(-r));
	fprintf(stderr, "skep: sshd ended\n");
	if (open && !sessions)
		log_warn("%zu logins are still open", open);
	return CLI_OK;
}

int verb_access(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "", *rest = argc == 3 ? argv[2] : NULL;

	if (cli_wants_help(argc, argv))
		return cli_help("access");
	if (!strcmp(what, "shell"))
		return access_shell(argc - 1, argv + 1);
	if (argc > 3 || argc < 2)
		return cli_wrong("access", NULL);
	if (!strcmp(what, "setup"))
		return setup(rest);
	if (!strcmp(what, "keys"))
		return keys(rest);
	if (!strcmp(what, "status") && !rest)
		return status();
	if (!strcmp(what, "stop") && (!rest || !strcmp(rest, "--sessions")))
		return stop(rest);
	return cli_wrong("access", NULL);
}
