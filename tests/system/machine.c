/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a program may expect of the machine it runs on: its registers and its memory are its own, through system calls,
 * faults, forks, threads, signals and debuggers; and what it must not touch it is told so. Says what was not so, and how much was.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 96, THREADS = 3, ROUNDS = 3000, FORK_EVERY = 500 };

static unsigned int n_checks;
static struct { uint32_t kept, lost; } *registers;

static void check(int holds, const char *what)
{
	n_checks++;
	if (!holds)
		printf("not so: %s\n", what);
}

static char *pages_of_own(size_t n)
{
	return mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* --- registers -------------------------------------------------------------------------------- */

/* What it does to the registers is undone when it returns. */
static void on_signal(int sig)
{
	(void)sig;
	__asm__ volatile("pcmpeqd %%xmm7, %%xmm7" ::: "xmm7");
}

/* System call @nr and a write to @at, with @mine in a vector register; the call's result */
static long keep(uint64_t mine, long nr, volatile char *at)
{
	long result = nr;
	uint64_t found;

	__asm__ volatile("movq %2, %%xmm7\n\tsyscall\n\tmovb $1, (%3)\n\tmovq %%xmm7, %1"
			 : "+a"(result), "=&r"(found) : "r"(mine), "r"(at) : "rcx", "r11", "memory", "xmm7");
	__atomic_add_fetch(found == mine ? &registers->kept : &registers->lost, 1, __ATOMIC_RELAXED);
	return result;
}

static void *work(void *number)
{
	char *page = pages_of_own(1);
	uint64_t mine = (uint64_t)getpid() << 32 | (uintptr_t)number << 24;

	for (uint32_t i = 1; i <= ROUNDS; i++) {
		long pid = keep(mine | i, i % FORK_EVERY ? SYS_sched_yield : SYS_fork, page);

		if (i % FORK_EVERY == 0 && pid == 0)
			_exit(0);
		if (i % FORK_EVERY == 0 && pid > 0)
			waitpid((pid_t)pid, NULL, 0);
		madvise(page, PAGE, MADV_DONTNEED);
	}
	return NULL;
}

/* Threads of two processes, each with numbers of its own in a vector register */
static void keep_registers(void)
{
	struct itimerval often = { { 0, 3000 }, { 0, 3000 } }, never = { 0 };
	pthread_t thread[THREADS];
	pid_t other;

	registers = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	other = fork();
	signal(SIGALRM, on_signal);
	setitimer(ITIMER_REAL, &often, NULL);
	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, work, (void *)i);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	setitimer(ITIMER_REAL, &never, NULL);
	if (other == 0)
		_exit(0);
	waitpid(other, NULL, 0);
	check(registers->kept + registers->lost >= 2 * THREADS * ROUNDS, "each round of each thread looks at its register");
	check(registers->lost == 0, "a vector register is still what it was");
}

/* A debugger sees its child's registers, not its own, and what it writes is what the child has. */
static void debug_registers(void)
{
	const uint64_t of_child = 0x1122334455667788, of_debugger = 0x99aabbccddeeff00, written = 0x0123456789abcdef;
	struct user_fpregs_struct fp;
	uint64_t mine;
	int status;
	pid_t child = fork();

	if (child == 0) {
		uint64_t found;

		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		__asm__ volatile("movq %1, %%xmm6\n\tint3\n\tmovq %%xmm6, %0" : "=r"(found) : "r"(of_child) : "xmm6");
		_exit(found == written ? 7 : 8);
	}
	waitpid(child, &status, 0);
	check(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP, "a debugger learns of a breakpoint");
	__asm__ volatile("movq %0, %%xmm6" :: "r"(of_debugger) : "xmm6");
	check(ptrace(PTRACE_GETFPREGS, child, NULL, &fp) == 0 && memcmp(&fp.xmm_space[6 * 4], &of_child, 8) == 0,
	      "a debugger reads its child's vector registers");
	memcpy(&fp.xmm_space[6 * 4], &written, 8);
	__asm__ volatile("movq %0, %%xmm6" :: "r"(of_debugger) : "xmm6");
	check(syscall(SYS_ptrace, PTRACE_SETFPREGS, child, NULL, &fp) == 0, "a debugger writes its child's vector registers");
	__asm__ volatile("movq %%xmm6, %0" : "=r"(mine));
	check(mine == of_debugger, "a debugger keeps its own");
	ptrace(PTRACE_CONT, child, NULL, NULL);
	waitpid(child, &status, 0);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 7, "a child has what its debugger wrote");
}

/* --- memory ----------------------------------------------------------------------------------- */

static void fill(char *at, size_t n, unsigned int what)
{
	for (size_t i = 0; i < n; i++)
		memset(at + i * PAGE, (int)(what + i), PAGE);
}

static int is_filled(const char *at, size_t n, unsigned int what)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < PAGE; k += 512)
			if (at[i * PAGE + k] != (char)(what + i))
				return 0;
	return 1;
}

static void fork_and_write(void)
{
	char *own = pages_of_own(PAGES), *shared;
	int status, ends[2];
	pid_t child, grandchild;

	shared = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	fill(own, PAGES, 10);
	fill(shared, PAGES, 20);
	if (pipe(ends))
		exit(2);
	child = fork();
	if (child == 0) {
		int good = is_filled(own, PAGES, 10) && is_filled(shared, PAGES, 20);
		char c;

		fill(own, PAGES / 2, 30);
		fill(shared, PAGES / 2, 40);
		grandchild = fork();
		if (grandchild == 0) {
			good = is_filled(own, PAGES / 2, 30) && is_filled(own + PAGES / 2 * PAGE, PAGES / 2, 10 + PAGES / 2);
			fill(own, PAGES, 50);
			_exit(good ? 7 : 8);
		}
		waitpid(grandchild, &status, 0);
		good &= WIFEXITED(status) && WEXITSTATUS(status) == 7;
		good &= read(ends[0], &c, 1) == 1;	/* the parent has written to its own meanwhile */
		good &= is_filled(own, PAGES / 2, 30) && is_filled(own + PAGES / 2 * PAGE, PAGES / 2, 10 + PAGES / 2);
		_exit(good ? 7 : 8);
	}
	fill(own, PAGES, 60);
	check(write(ends[1], "x", 1) == 1, "a pipe takes a byte");
	waitpid(child, &status, 0);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 7, "a child's memory is what it was at the fork, and its own from then on");
	check(is_filled(own, PAGES, 60), "a parent's memory is its own");
	check(is_filled(shared, PAGES / 2, 40), "what is shared both see");
	check(is_filled(shared + PAGES / 2 * PAGE, PAGES / 2, 20 + PAGES / 2), "what nobody wrote is as it was");
	munmap(own, PAGES * PAGE);
	munmap(shared, PAGES * PAGE);
}

static void move_and_protect(void)
{
	char *a = pages_of_own(PAGES), *b;

	fill(a, PAGES, 1);
	b = mremap(a, PAGES * PAGE, 2 * PAGES * PAGE, MREMAP_MAYMOVE);
	check(b != MAP_FAILED && is_filled(b, PAGES, 1), "what is moved is still there");
	check(b[PAGES * PAGE] == 0 && b[2 * PAGES * PAGE - 1] == 0, "what is new is empty");
	check(madvise(b, PAGE, MADV_DONTNEED) == 0 && b[0] == 0 && b[PAGE] == 2, "what is given back is empty");
	check(mprotect(b, PAGES * PAGE, PROT_READ) == 0 && b[PAGE] == 2, "what may only be read can be read");
	check(mprotect(b, PAGES * PAGE, PROT_READ | PROT_WRITE) == 0 && (b[PAGE] = 9) == 9, "and written when it may be again");
	munmap(b, 2 * PAGES * PAGE);
}

/* --- faults ----------------------------------------------------------------------------------- */

static sigjmp_buf back;
static struct { int sig, code; void *address; unsigned long error; } seen;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *c = context;

	seen.sig = sig;
	seen.code = info->si_code;
	seen.address = info->si_addr;
	seen.error = (unsigned long)c->uc_mcontext.gregs[REG_ERR];
	siglongjmp(back, 1);
}

enum deed { READ, WRITE, RUN };

static void fault(enum deed deed, char *at, int sig, int code, const char *what)
{
	memset(&seen, 0, sizeof(seen));
	if (sigsetjmp(back, 1) == 0) {
		if (deed == READ)
			(void)*(volatile char *)at;
		else if (deed == WRITE)
			*(volatile char *)at = 1;
		else
			((void (*)(void))at)();
	}
	check(seen.sig == sig && seen.code == code && seen.address == at && !(seen.error & 2) == (deed != WRITE), what);
}

static void faults(void)
{
	struct sigaction a = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER };
	char *own = pages_of_own(4), *file, path[] = "/tmp/machine-XXXXXX";
	int fd = mkstemp(path);

	sigaction(SIGSEGV, &a, NULL);
	sigaction(SIGBUS, &a, NULL);
	fault(READ, NULL, SIGSEGV, SEGV_MAPERR, "nothing is at 0, to be read");
	fault(WRITE, (char *)8, SIGSEGV, SEGV_MAPERR, "nothing is at 8, to be written");
	munmap(own + 3 * PAGE, PAGE);
	fault(READ, own + 3 * PAGE + 5, SIGSEGV, SEGV_MAPERR, "what was unmapped cannot be read");
	fault(WRITE, own + 3 * PAGE + 5, SIGSEGV, SEGV_MAPERR, "what was unmapped cannot be written");
	own[0] = 1;
	mprotect(own, PAGE, PROT_READ);
	fault(WRITE, own + 1, SIGSEGV, SEGV_ACCERR, "what is there and may only be read cannot be written");
	mprotect(own + PAGE, PAGE, PROT_READ);
	fault(WRITE, own + PAGE + 2, SIGSEGV, SEGV_ACCERR, "what is not there yet and may only be read cannot be written");
	mprotect(own, PAGE, PROT_NONE);
	fault(READ, own + 3, SIGSEGV, SEGV_ACCERR, "what may not be read cannot be");
	own[2 * PAGE] = (char)0xc3;
	fault(RUN, own + 2 * PAGE, SIGSEGV, SEGV_ACCERR, "data cannot be executed");
	if (fd < 0 || ftruncate(fd, PAGE))
		exit(2);
	unlink(path);
	file = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	file[7] = 5;
	fault(READ, file + PAGE, SIGBUS, BUS_ADRERR, "behind a file's end is nothing to be read");
	check(pread(fd, own + 2 * PAGE, 8, 0) == 8 && own[2 * PAGE + 7] == 0, "what is written to a private mapping is not in the file");
	file = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	file[7] = 6;
	check(pread(fd, own + 2 * PAGE, 8, 0) == 8 && own[2 * PAGE + 7] == 6, "what is written to a shared one is");
	check(file[8] == 0 && pwrite(fd, "y", 1, 8) == 1 && file[8] == 'y', "and what is written to the file is in the mapping");
	close(fd);
	signal(SIGSEGV, SIG_DFL);
	signal(SIGBUS, SIG_DFL);
}

/* --- the address space ------------------------------------------------------------------------ */

/* Where nothing is mapped nothing is, least of all what the host would give a process: programs are where /proc says. */
static void nothing_else(void)
{
	struct sigaction a = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER };
	static char *const places[] = { (char *)0x60000000, (char *)0x7ffff7ff7000, (char *)0x7ffff7ffd000, (char *)0x7ffffffde000 };

	sigaction(SIGSEGV, &a, NULL);
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		seen.sig = 0;
		if (sigsetjmp(back, 1) == 0)
			(void)*(volatile char *)places[i];
		check(seen.sig == SIGSEGV, "nothing is where the host puts a kernel, its stack, its vdso");
	}
	signal(SIGSEGV, SIG_DFL);
}

static void deep(volatile char *above, int n)
{
	volatile char here[PAGE];

	here[0] = *above;
	if (n > 0)
		deep(here, n - 1);
}

int main(void)
{
	int status;
	pid_t child;
	volatile char top = 1;

	setvbuf(stdout, NULL, _IONBF, 0);
	keep_registers();
	debug_registers();
	fork_and_write();
	move_and_protect();
	faults();
	nothing_else();
	deep(&top, 500);
	check(1, "a stack grows");
	child = vfork();
	if (child == 0) {
		execl("/bin/true", "true", NULL);
		_exit(1);
	}
	waitpid(child, &status, 0);
	check(child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0, "another program runs in a new process");
	printf("%u looked at\n", n_checks);
	return 0;
}
