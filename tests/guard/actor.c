/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * actor STEP... - somebody for the guard to judge. Steps, in any order, the last one being exec or system:
 *
 *	join CGROUP	move into the control group
 *	as UID		become that user for good
 *	half UID	become that user, but keep root in the saved user id
 *	root		become root, as a setuid program does
 *	login UID	set the audit login id, as login and sshd do
 *	orphan		fork twice, go on in the grandchild when its parents are gone
 *	thread		execute from a thread that is not the first one
 *	fork		go on in a child, and wait for it
 *	wait SECONDS	sleep
 *	system COMMAND	system(), then end with its status
 *	exec PROGRAM ARG...
 *
 * Ends with 126 if the program could not be executed.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void put(const char *file, const char *text)
{
	FILE *f = fopen(file, "w");

	if (!f || fputs(text, f) < 0 || fclose(f)) {
		fprintf(stderr, "%s: %s\n", file, strerror(errno));
		exit(125);
	}
}

static int status_of(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void go_on_in_child(void)
{
	int status;
	pid_t child = fork();

	if (child == 0)
		return;
	waitpid(child, &status, 0);
	exit(status_of(status));
}

static void become_orphan(void)
{
	pid_t was = getpid();
	pid_t child = fork();

	if (child)
		exit(waitpid(child, NULL, 0) < 0);
	was = getpid();
	if (fork())
		_exit(0);
	while (getppid() == was)
		usleep(1000);
}

static void *execute(void *argv)
{
	char **a = argv;

	execv(a[0], a);
	fprintf(stderr, "%s: %s\n", a[0], strerror(errno));
	exit(126);
}

int main(int argc, char **argv)
{
	int in_thread = 0;

	for (char **a = argv + 1; a < argv + argc; a++) {
		if (!strcmp(*a, "join")) {
			char procs[512];

			snprintf(procs, sizeof(procs), "%s/cgroup.procs", *++a);
			put(procs, "0");
		} else if (!strcmp(*a, "login"))
			put("/proc/self/loginuid", *++a);
		else if (!strcmp(*a, "as")) {
			uid_t u = (uid_t)atol(*++a);

			if (setresgid(u, u, u) || setresuid(u, u, u))
				return 125;
		} else if (!strcmp(*a, "half")) {
			uid_t u = (uid_t)atol(*++a);

			if (setresuid(u, u, 0))
				return 125;
		} else if (!strcmp(*a, "root")) {
			if (setresgid(0, 0, 0) || setresuid(0, 0, 0))
				return 125;
		} else if (!strcmp(*a, "orphan"))
			become_orphan();
		else if (!strcmp(*a, "fork"))
			go_on_in_child();
		else if (!strcmp(*a, "wait"))
			sleep((unsigned)atoi(*++a));
		else if (!strcmp(*a, "thread"))
			in_thread = 1;
		else if (!strcmp(*a, "system"))
			return status_of(system(a[1]));
		else if (!strcmp(*a, "exec")) {
			pthread_t t;

			if (!in_thread)
				execute(a + 1);
			pthread_create(&t, NULL, execute, a + 1);
			pthread_join(t, NULL);
		} else
			return 124;
	}
	return 123;
}
