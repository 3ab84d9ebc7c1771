#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What test_guest_processes.py does in a honeypot: guest_processes.sh user|root|panic, in a folder of its own.
# Each line is one thing an intruder might do; who looks for it in the record knows it by its words.
# Nothing here may end the script.
cd "$(dirname "$0")" || exit 1
here=$PWD
call() { perl -e 'my @a = map { /^-?\d+$/ ? $_ + 0 : $_ } @ARGV; syscall(shift @a, @a) >= 0 or print "$!\n"' "$@"; }

run_things()
{
	# a daemon: its parent is gone before it runs anything
	perl -e 'use POSIX; fork and exit; setsid; fork and exit; sleep 1; exec "/bin/sleep", "77.77"'
	nohup setsid sleep 0.01 >nohup.log 2>&1
	wait

	# scripts of scripts
	printf '#!/bin/cat -u\nsecond\n' >second
	printf '#!%s/second\nfirst\n' "$here" >first
	chmod +x first second
	./first
	cp /bin/sh kworkerd && ./kworkerd -c 'exit 33'
	./static

	# programs without a name
	perl -e '$^F = 99; open(I, "/bin/true"); local $/; $fd = syscall(319, my $n = "evil", 0);
		open(O, ">&=", $fd); syswrite(O, <I>); exec {"/proc/self/fd/$fd"} "by-memfd"'
	cp /bin/true gone
	perl -e '$^F = 99; open(I, "gone"); unlink "gone"; $n = fileno I; exec {"/proc/self/fd/$n"} "by-gone"'
	perl -e '$^F = 99; open(I, "/bin/true"); my $a = pack("pQ", "by-fexecve", 0); my $e = pack("Q", 0);
		syscall(322, fileno I, my $p = "", $a, $e, 0x1000)'
	bad=$(printf 'caf\351\377')
	cp /bin/true "./$bad" && "./$bad" ok
	perl -e 'exec "/bin/true", 1 .. 10000'
	perl -e '$n = "d" x 250; for (1 .. 17) { mkdir $n; chdir $n; } system "cp /bin/true deep"; exec "./deep", "down"'

	# what cannot be run
	perl -e 'exec {"./nosuch"} "nosuch", "as", "said"'
	perl -e 'exec {"/etc/passwd"} "passwd"'
	printf 'nothing of the kind\n' >text && chmod +x text && perl -e 'exec {"./text"} "text"'
	perl -e 'exec {"/" . "x" x 5000} "too-long"'
	perl -e 'exec "nosuch-in-path", "here"'
	perl -e 'my $a = pack("pQ", "not-here", 0); syscall(322, 77, my $p = "", $a, 0, 0x1000)'
}

as_user()
{
	run_things
	unshare -U true
	call 56 268435473 0 0 0 0			# clone(CLONE_NEWUSER | SIGCHLD)
	call 308 0 0					# setns, with what is no namespace
	sleep 88.88 &
	victim=$!
	while read -r name </proc/$victim/comm && [ "$name" = sh ]; do sleep 0.02; done
	perl -e 'syscall(101, 16, $ARGV[0] + 0, 0, 0); sleep 1' $victim
	perl -e 'syscall(101, 0, 0, 0, 0)'
	perl -e 'syscall(101, 16, 1, 0, 0)'		# refused
	kill -0 $victim; kill -CONT $victim; kill -KILL $victim
	kill -TERM 1					# refused
	call 321 5 0 0					# bpf
	call 298 0 0 0 -1 0				# perf_event_open
	call 246 0 0 0 0				# kexec_load
	call 172 3					# iopl
	call 176 nosuch_module 0			# delete_module
	perl -e 'socket(S, 9, 1, 0)'			# a protocol nobody has: net-pf-9
	modprobe nosuch
	cat /dev/mem
	(cd /dev && cat kmem)
	cat /proc/kcore
}

as_root()
{
	perl -e 'use POSIX; setgid(33); setuid(33); exec "/bin/true", "as-www"'
	setpriv --bounding-set -sys_admin --inh-caps -all true
	nsenter -t 1 -u true
	call 320 0 0 0 0 0				# kexec_file_load
	mknod memory c 1 1
	cat memory
	[ -e /proc/sys/fs/binfmt_misc/register ] || mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
	echo ':odd:E::odd::/bin/cat:' >/proc/sys/fs/binfmt_misc/register
	echo some >some.odd && chmod +x some.odd && ./some.odd
	echo -1 >/proc/sys/fs/binfmt_misc/odd
	perl -e 'open(M, "+<", "/proc/1/mem")'
	pkill -HUP -x rsyslogd
}

as_panic()
{
	# a group of its own: of the machine's memory the last page may be asked for by anybody
	group=/sys/fs/cgroup/greedy
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control
	mkdir "$group" && echo 32M >"$group/memory.max" && echo $$ >"$group/cgroup.procs"
	echo 2 >/proc/sys/vm/panic_on_oom
	exec perl -e '$x .= "all of it" x 1000000 while 1'
}

"as_$1" 2>&1
echo "done as $1"
