// SPDX-License-Identifier: GPL-2.0-or-later
// Serves /var/roxen/site; admin.pike is the administration interface.

constant root = "/var/roxen/site";
constant banner = "Roxen/2.1.262";
constant types = ([
	"html": "text/html; charset=utf-8", "css": "text/css", "txt": "text/plain",
	"gif": "image/gif", "png": "image/png", "jpg": "image/jpeg",
]);

int since = time(), requests, sent;
Stdio.File access_log = Stdio.File();

string page(string title, string text)
{
	return sprintf("<html><head><title>%s</title></head>\n<body bgcolor=\"#ffffff\" text=\"#000000\">\n"
		"<h1>%s</h1>\n<p>%s</p>\n<hr><i>%s</i>\n</body></html>\n", title, title, text, banner);
}

// 10/Mar/2024:14:02:55 +0000
string stamp(int when)
{
	mapping(string:int) t = gmtime(when);

	return sprintf("%02d/%s/%d:%02d:%02d:%02d +0000", t->mday,
		("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec" / " ")[t->mon], 1900 + t->year,
		t->hour, t->min, t->sec);
}

void finish(object r, Stdio.File log, string user, int code, string type, string data, mapping|void more)
{
	log->write("%s - %s [%s] \"%s %s HTTP/1.1\" %d %d\n", (r->get_ip() || "-"), user,
		stamp(time()), r->request_type || "-", r->not_query || "-", code, sizeof(data));
	r->response_and_finish(([ "error": code, "type": type, "data": data, "server": banner ]) + (more || ([])));
}

void answer(object r, int code, string type, string data, mapping|void more)
{
	requests++;
	sent += sizeof(data);
	finish(r, access_log, "-", code, type, data, more);
}

void handle(object r)
{
	string path = combine_path("/", r->not_query || "/");
	string file = combine_path(root, "." + path);
	Stdio.Stat st = file_stat(file);

	if (!has_value(({ "GET", "HEAD" }), r->request_type)) {
		answer(r, 501, "text/html", page("Method not implemented",
			"This server has no use for that method."));
		return;
	}
	if (st && st->isdir) {
		if (path[-1] != '/') {
			answer(r, 302, "text/html", page("Moved", "The page has another address."),
				([ "extra_heads": ([ "location": path + "/" ]) ]));
			return;
		}
		file = combine_path(file, "index.html");
		st = file_stat(file);
	}
	if (!has_prefix(file, root) || !st || !st->isreg) {
		answer(r, 404, "text/html", page("No such resource",
			"There is no page called <b>" + _Roxen.html_encode_string(path) + "</b> on this server."));
		return;
	}
	answer(r, 200, types[lower_case((file / ".")[-1])] || "application/octet-stream", Stdio.read_file(file),
		([ "modified": st->mtime ]));
}

int main()
{
	access_log->open("/var/log/roxen/access.log", "wac", 0640);
	Protocols.HTTP.Server.Port(handle, 80);
	((program)combine_path(__FILE__, "../admin.pike"))(this);
	return -1;
}
