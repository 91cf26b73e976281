#!/usr/bin/env python3
"""What a proxied request costs, beside nginx: `benches/proxy/run.py [--rounds N] [--seconds S] [GROUP…]`.

Groups: `session` (signed-in requests through `vestibule serve`, logs off and on), `even` and `uneven` (the empty data plane),
`whoami` and `login` (our own endpoints in CPU time per request, beside the 0.6 ms of Kratos),
`models` (a runtime per core beside one shared runtime), `calls` (system calls per request), `crowd` (p99 of proxied requests while 500
people sign in at once), `start` (time to ready and idle memory); all of them when none is named.

One run on loopback. The proxy has core 0 for itself, upstream and load generator share core 1. Rounds are interleaved, so that
whatever else the machine does meets all alike; figures are ratios to nginx with upstream keep-alive and the same forwarded
headers. CPU is utime + stime of the proxy's processes over the requests that wrk counted.
"""
import argparse, http.client, json, os, random, re, shutil, socket, statistics, subprocess, sys, tempfile, threading, time, urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TICK = os.sysconf("SC_CLK_TCK")
PROFILE = os.environ.get("BENCH_PROFILE", "dist")


def free_ports():
    """Below the range from which the system takes ports for connections."""
    while True:
        port = random.randrange(10000, 30000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                yield port


PORTS = free_ports()
UPSTREAM = next(PORTS)


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


def serve(folder, binary, port, log, dsn="memory", more=""):
    """`vestibule serve` in front of the upstream, every route asking for a session."""
    where = os.path.join(folder, f"vestibule-{port}")
    os.makedirs(where)
    admin = next(PORTS)
    access = f"{where}/access.log" if log else "off"
    with open(f"{where}/vestibule.yaml", "w") as file:
        file.write(f"""dsn: {dsn}
serve:
  public: {{base_url: "http://127.0.0.1:{port}/", host: 127.0.0.1, port: {port}}}
  admin: {{host: 127.0.0.1, port: {admin}}}
selfservice:
  default_browser_return_url: http://127.0.0.1:{port}/
  methods: {{password: {{enabled: true}}}}
  flows: {{registration: {{enabled: true, after: {{password: {{hooks: [{{hook: session}}]}}}}}}}}
identity: {{default_schema_id: default, schemas: [{{id: default, url: "builtin:email"}}]}}
limits: {{connections: {{total: 10000, per_ip: 10000}}}}
throttle: {{enabled: false}}
routes:
  - {{id: app, match: {{hosts: [127.0.0.1]}}, access: authenticated, upstream: "http://127.0.0.1:{UPSTREAM}"}}
log: {{level: error, access: "{access}", audit: "off"}}
{more}
""")
    return [binary, "serve", "-c", f"{where}/vestibule.yaml", *(["--dev"] if more else [])]


def sign_up(port):
    """Creates an account in a browser's way and gives the session cookie."""
    cookies = {}

    def call(url, body=None):
        data = json.dumps(body).encode() if body else None
        kept = "; ".join(f"{name}={value}" for name, value in cookies.items())
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Cookie": kept}
        with urllib.request.urlopen(urllib.request.Request(url, data, headers)) as answer:
            for line in answer.headers.get_all("Set-Cookie", []):
                name, _, value = line.split(";")[0].partition("=")
                cookies[name] = value
            return json.load(answer)
    flow = call(f"http://127.0.0.1:{port}/self-service/registration/browser")
    token = next(node["attributes"]["value"] for node in flow["ui"]["nodes"] if node["attributes"]["name"] == "csrf_token")
    person = {"method": "password", "password": "a long enough passphrase", "traits": {"email": "bench@example.com"}, "csrf_token": token}
    call(flow["ui"]["action"], person)
    return "ory_kratos_session=" + cookies["ory_kratos_session"]


class Contender:
    def __init__(self, name, command, port, cores="0", headers=()):
        self.name, self.command, self.port, self.cores, self.headers = name, command, port, cores, headers
        self.cpu, self.rate, self.latency = [], [], []

    def start(self):
        self.process = subprocess.Popen(["taskset", "-c", self.cores, *self.command])
        wait_for(self.port, self.process)

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


def wait_for(port, process=None):
    for _ in range(200):
        if process and process.poll() is not None:
            sys.exit(f"{process.args} ended before it answered")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"nothing answers on port {port}")


def wrk(contender, connections, seconds, path="/"):
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    for header in contender.headers:
        command += ["-H", header]
    out = subprocess.run([*command, f"http://127.0.0.1:{contender.port}{path}"], capture_output=True, text=True, check=True).stdout
    if "requests in" not in out:
        sys.exit(f"{contender.name}: {out}")
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


def calls(contender):
    """System calls of the proxy per request, counted for a second under load."""
    load = threading.Thread(target=wrk, args=(contender, 64, 4))
    load.start()
    time.sleep(1)
    pids = ",".join(map(str, [contender.process.pid, *children(contender.process.pid)]))
    trace = subprocess.Popen(["strace", "-c", "-f", "-p", pids], stderr=subprocess.PIPE, text=True)
    time.sleep(1)
    trace.send_signal(2)
    table = trace.communicate()[1]
    load.join()
    counts = {fields[-1]: int(fields[3]) for fields in (line.split() for line in table.splitlines())
              if len(fields) >= 5 and fields[3].isdigit() and fields[-1] != "total"}
    # Two writes per request: one to the upstream, one to the client.
    written = sum(counts.get(name, 0) for name in ("sendto", "writev", "write"))
    requests = max(written, 1) / 2
    shown = ", ".join(f"{name} {count / requests:.2f}" for name, count in sorted(counts.items(), key=lambda pair: -pair[1])[:6])
    print(f"{contender.name:44} {shown}")


def crowd(contender, seconds):
    """p99 of signed-in requests while 500 people sign in at once, from four addresses; who does not fit is told when to come back."""
    outcome = {"signed in": 0, "told when to come back": 0, "lost": 0}

    def attempt(number):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", contender.port, 30, (f"127.0.0.{2 + number % 4}", 0))
            connection.request("GET", "/self-service/login/api")
            flow = json.load(connection.getresponse())["id"]
            person = {"method": "password", "password": "a long enough passphrase", "identifier": "bench@example.com"}
            connection.request("POST", f"/self-service/login?flow={flow}", json.dumps(person), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            waits = answer.status in (429, 503) and answer.headers["Retry-After"]
            outcome["signed in" if answer.status == 200 else "told when to come back" if waits else "lost"] += 1
        except (OSError, ValueError, KeyError):
            outcome["lost"] += 1
    _, calm = wrk(contender, 16, seconds)
    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(500)]
    for thread in threads:
        thread.start()
    _, busy = wrk(contender, 16, seconds)
    for thread in threads:
        thread.join()
    with open(f"/proc/{contender.process.pid}/status") as status:
        peak = int(re.search(r"VmHWM:\s+(\d+)", status.read()).group(1)) // 1024
    people = ", ".join(f"{count} {what}" for what, count in outcome.items())
    print(f"p99 {calm:.2f} ms before, {busy:.2f} ms meanwhile; {people}; peak memory {peak} MiB")


KRATOS = 600e-6


def told(name, costs):
    middle = statistics.median(costs)
    print(f"{name:44} {middle * 1e6:8.1f} µs CPU (min {min(costs) * 1e6:.1f}, max {max(costs) * 1e6:.1f}), Kratos takes {KRATOS / middle:.0f} x as much")
    return middle


def whoami(contender, rounds, seconds):
    """CPU time per `/sessions/whoami` of a session in memory."""
    costs = []
    wrk(contender, 64, 1, "/sessions/whoami")
    for _ in range(rounds):
        before = contender.ticks()
        count, _ = wrk(contender, 64, seconds, "/sessions/whoami")
        costs.append((contender.ticks() - before) / count)
    told("whoami, session in memory", costs)


def login(contender, rounds):
    """CPU time per native log-in, begin and submission apart. The hash is bcrypt of the least cost, which every figure of a
    submission contains; `cargo bench --bench password_hash` tells what it takes by itself."""
    connection = http.client.HTTPConnection("127.0.0.1", contender.port)

    def ask(method, path, body=None):
        connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json", "Accept": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    person = {"method": "password", "password": "a long enough passphrase", "identifier": "bench@example.com"}
    begin, whole, number = [], [], 400
    for _ in range(rounds):
        before = contender.ticks()
        flows = [ask("GET", "/self-service/login/api")[1]["id"] for _ in range(number)]
        between = contender.ticks()
        for flow in flows:
            status, answer = ask("POST", f"/self-service/login?flow={flow}", person)
            if status != 200:
                sys.exit(f"log-in: {status} {answer}")
        begin.append((between - before) / number)
        whole.append((contender.ticks() - between) / number)
    told("log-in: begin of a flow", begin)
    told("log-in: submission, cheapest hash included", whole)


def begin(folder, binary):
    """Time from start to ready with an existing database, and resident memory when idle."""
    command = serve(folder, binary, next(PORTS), False, f"sqlite://{folder}/start.sqlite")
    times = []
    for _ in range(6):
        begun = time.monotonic()
        with open(os.path.join(folder, "start.log"), "w") as log:
            process = subprocess.Popen(command, stderr=log)
        port = int(re.search(r"port: (\d+)}", open(command[-1]).read()).group(1))
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                pass
        times.append((time.monotonic() - begun) * 1000)
        time.sleep(1)
        with open(f"/proc/{process.pid}/status") as status:
            memory = int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1)) / 1024
        process.terminate()
        process.wait()
    print(f"start to ready {statistics.median(times[1:]):.0f} ms, with a new database {times[0]:.0f} ms; idle memory {memory:.0f} MiB")


def build(*what):
    subprocess.run(["cargo", "build", "--profile", PROFILE, *what], cwd=ROOT, check=True)


def main():
    groups = ["session", "whoami", "login", "even", "uneven", "models", "calls", "crowd", "start"]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=", ".join(groups))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--no-build", action="store_true", help="measure what was built last")
    options = parser.parse_args()
    wanted = options.groups or groups
    need("nginx", "wrk", "strace")
    if not options.no_build:
        build("--bin", "vestibule", "--example", "plane")
    binary = os.path.join(ROOT, f"target/{PROFILE}/vestibule")
    empty = os.path.join(ROOT, f"target/{PROFILE}/examples/plane")
    folder = tempfile.mkdtemp(prefix="vestibule-bench-")
    running = []

    def start(contender):
        contender.start()
        running.append(contender.process)
        return contender

    def plane(name, *words, cores="0"):
        port = next(PORTS)
        return start(Contender(name, [empty, f"127.0.0.1:{port}", f"http://127.0.0.1:{UPSTREAM}", *words], port, cores))

    def baseline(log=False, cores="0"):
        port = next(PORTS)
        return start(Contender("nginx" + (", access log" if log else ""), proxy_nginx(folder, port, log), port, cores))

    def signed_in(log, more=""):
        port = next(PORTS)
        contender = start(Contender("vestibule, signed in" + (", access log" if log else ""), serve(folder, binary, port, log, more=more), port))
        contender.headers = [f"Cookie: {sign_up(port)}"]
        return contender
    even = (options.rounds, options.seconds)
    try:
        server = subprocess.Popen(["taskset", "-c", "1", *upstream(folder)])
        running.append(server)
        wait_for(UPSTREAM)
        nginx_alone = baseline()
        if "session" in wanted:
            measure("signed-in requests, one core, 64 connections, logs off", [nginx_alone, signed_in(False)], *even)
            measure("signed-in requests, one core, 64 connections, access logs on", [baseline(True), signed_in(True)], *even)
        if "whoami" in wanted:
            print("\n## whoami")
            whoami(signed_in(False), options.rounds, options.seconds)
        if "login" in wanted:
            print("\n## log-in")
            login(signed_in(False, "hashers: {algorithm: bcrypt, bcrypt: {cost: 4}}"), options.rounds)
        if {"even", "uneven", "calls"} & set(wanted):
            pair = [nginx_alone, plane("empty plane")]
            if "even" in wanted:
                measure("empty plane, one core, 64 busy connections", pair, *even)
            if "uneven" in wanted:
                measure("empty plane, one core, 4 busy and 300 idle connections, a long stream", pair, *even, uneven=True)
            if "calls" in wanted:
                print("\n## system calls per request")
                for contender in pair:
                    calls(contender)
        if "crowd" in wanted:
            print("\n## 500 people sign in at once")
            crowd(signed_in(False), options.seconds)
        if "start" in wanted:
            print("\n## start")
            begin(folder, binary)
        if "models" in wanted:
            one = [nginx_alone, plane("empty plane, own runtime", "1"), plane("empty plane, shared runtime", "1", "shared")]
            measure("runtime models, one core", one, *even)
            two = [baseline(cores="0,1"), plane("runtime per core", "2", cores="0,1"), plane("one shared runtime", "2", "shared", cores="0,1")]
            measure("runtime models, two cores shared with the load, even", two, *even)
            measure("runtime models, two cores shared with the load, uneven", two, *even, uneven=True)
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
