#!/usr/bin/env python3
"""What a proxied request costs, beside nginx: `benches/proxy/run.py [--rounds N] [--seconds S] [even|uneven|models|all]`.

One run on loopback. The proxy has core 0 for itself, upstream and load generator share core 1. Rounds are interleaved, so that
whatever else the machine does meets all alike; figures are ratios to nginx with upstream keep-alive and the same forwarded
headers. CPU is utime + stime of the proxy's processes over the requests that wrk counted.
"""
import argparse, os, re, shutil, socket, statistics, subprocess, sys, tempfile, threading, time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TICK = os.sysconf("SC_CLK_TCK")
UPSTREAM, PORTS = 18080, iter(range(18081, 18200))


def need(*programs):
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        packages = {"nginx": "nginx-light", "wrk": "wrk", "strace": "strace"}
        subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", *(packages[p] for p in missing)], check=True)


def nginx(folder, name, body):
    where = os.path.join(folder, name)
    os.makedirs(where)
    temps = "\n".join(f"{kind}_temp_path {where}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    conf = os.path.join(where, "nginx.conf")
    with open(conf, "w") as file:
        file.write(f"""
{"user root;" if os.getuid() == 0 else ""} worker_processes 1; pid {where}/pid; error_log {where}/error crit; daemon off;
events {{ worker_connections 4096; }}
http {{ {temps}
keepalive_requests 1000000000; keepalive_timeout 75s; sendfile on; tcp_nodelay on;
{body} }}""")
    return ["nginx", "-e", f"{where}/error", "-c", conf]


def upstream(folder):
    text = "x" * 1023 + "\\n"
    big = os.path.join(folder, "files")
    os.makedirs(big)
    with open(os.path.join(big, "stream"), "wb") as file:
        file.truncate(256 << 20)
    return nginx(folder, "upstream", f"""access_log off;
server {{ listen 127.0.0.1:{UPSTREAM} backlog=4096;
 location / {{ default_type text/plain; return 200 "{text}"; }}
 location /stream {{ root {big}; limit_rate 400k; }} }}""")


def proxy_nginx(folder, port, log):
    where = os.path.join(folder, f"nginx-{port}.log")
    access = f"access_log {where};" if log else "access_log off;"
    return nginx(folder, f"nginx-{port}", f"""{access}
upstream app {{ server 127.0.0.1:{UPSTREAM}; keepalive 128; keepalive_requests 1000000000; }}
server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ proxy_pass http://app; proxy_http_version 1.1;
 proxy_set_header Connection ""; proxy_set_header Host $http_host;
 proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto $scheme;
 proxy_set_header X-Forwarded-Host $http_host; proxy_set_header X-Forwarded-Port $server_port;
 proxy_set_header X-Real-IP $remote_addr; }} }}""")


class Contender:
    def __init__(self, name, command, port, cores="0", headers=()):
        self.name, self.command, self.port, self.cores, self.headers = name, command, port, cores, headers
        self.cpu, self.rate, self.latency = [], [], []

    def start(self):
        self.process = subprocess.Popen(["taskset", "-c", self.cores, *self.command])
        wait_for(self.port)

    def ticks(self):
        total = 0
        for pid in [self.process.pid, *children(self.process.pid)]:
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICK


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(child) for child in file.read().split()]
    except OSError:
        return []


def wait_for(port):
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"nothing answers on port {port}")


def wrk(contender, connections, seconds):
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    for header in contender.headers:
        command += ["-H", header]
    out = subprocess.run([*command, f"http://127.0.0.1:{contender.port}/"], capture_output=True, text=True, check=True).stdout
    count = int(re.search(r"(\d+) requests in", out).group(1))
    if "Non-2xx" in out or "Socket errors" in out:
        print(f"  {contender.name}: {out}", file=sys.stderr)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", out)
    scale = {"us": 1e-3, "ms": 1, "s": 1e3}[p99.group(2)]
    return count, float(p99.group(1)) * scale


def hold_idle(contender, count):
    held = []
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", contender.port))
        connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        held.append(connection)
    for connection in held:
        connection.recv(65536)
    return held


def long_stream(contender):
    connection = socket.create_connection(("127.0.0.1", contender.port))
    connection.sendall(b"GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")

    def read():
        try:
            while connection.recv(65536):
                pass
        except OSError:
            pass
    threading.Thread(target=read, daemon=True).start()
    return connection


def measure(title, contenders, rounds, seconds, uneven=False):
    print(f"\n## {title}")
    for contender in contenders:
        contender.cpu, contender.rate, contender.latency = [], [], []
        wrk(contender, 64, 1)
    for number in range(rounds):
        for contender in contenders[number % len(contenders):] + contenders[:number % len(contenders)]:
            held = hold_idle(contender, 300) + [long_stream(contender)] if uneven else []
            time.sleep(0.3)
            before = contender.ticks()
            count, p99 = wrk(contender, 4 if uneven else 64, seconds)
            contender.cpu.append((contender.ticks() - before) / count)
            contender.rate.append(count / seconds)
            contender.latency.append(p99)
            for connection in held:
                connection.close()
    base = contenders[0]
    print(f"{'':44} {'CPU/request':>22} {'requests/s':>12} {'p99':>8}")
    for contender in contenders:
        cpu = [own / other for own, other in zip(contender.cpu, base.cpu)]
        rate = [own / other for own, other in zip(contender.rate, base.rate)]
        p99 = [own / other for own, other in zip(contender.latency, base.latency)]
        print(f"{contender.name:44} {statistics.median(cpu):8.3f} (min {min(cpu):5.3f}) {statistics.median(rate):12.3f} {statistics.median(p99):8.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", default=["even", "uneven", "models"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--plane", action="append", help="compare these builds of the plane instead of building one")
    options = parser.parse_args()
    need("nginx", "wrk")
    planes = options.plane
    if not planes:
        subprocess.run(["cargo", "build", "--profile", "dist", "--example", "plane"], cwd=ROOT, check=True)
        planes = [os.path.join(ROOT, "target/dist/examples/plane")]
    folder = tempfile.mkdtemp(prefix="vestibule-bench-")
    running = []

    def plane(name, binary, *words, cores="0"):
        port = next(PORTS)
        return Contender(name, [binary, f"127.0.0.1:{port}", f"http://127.0.0.1:{UPSTREAM}", *words], port, cores)

    def baseline(log=False, cores="0"):
        port = next(PORTS)
        return Contender("nginx" + (", access log on" if log else ""), proxy_nginx(folder, port, log), port, cores)
    try:
        server = subprocess.Popen(["taskset", "-c", "1", *upstream(folder)])
        running.append(server)
        wait_for(UPSTREAM)
        one_core = [baseline(), *(plane(f"empty plane {os.path.basename(p) if len(planes) > 1 else ''}", p) for p in planes)]
        two_cores = [baseline(cores="0,1"), plane("runtime per core", planes[0], "2", cores="0,1"),
                     plane("one shared runtime", planes[0], "2", "shared", cores="0,1")]
        shared = plane("empty plane, one shared runtime", planes[0], "1", "shared")
        wanted = set(options.what) if "all" not in options.what else {"even", "uneven", "models"}
        contenders = one_core + ([shared] + two_cores if "models" in wanted else [])
        for contender in contenders:
            contender.start()
            running.append(contender.process)
        if "even" in wanted:
            measure("one core, 64 busy connections", one_core, options.rounds, options.seconds)
        if "uneven" in wanted:
            measure("one core, 4 busy and 300 idle connections, a long stream", one_core, options.rounds, options.seconds, True)
        if "models" in wanted:
            measure("runtime models, one core, even", [*one_core, shared], options.rounds, options.seconds)
            measure("runtime models, two cores (shared with load), even", two_cores, options.rounds, options.seconds)
            measure("runtime models, two cores (shared with load), uneven", two_cores, options.rounds, options.seconds, True)
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
