#!/usr/bin/python3
"""What dockgate costs, beside a bare relay, HAProxy and nginx, in one run on one machine.

    bench.py [--quick [--all-servers]] [--rows PATTERN] [--rounds N] [--out FOLDER] [--build FOLDER]

Writes results.json and chart.svg; its exit status says whether a bar is exceeded (gate.py).
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import signal
import subprocess
import sys

import figures
import gate
import report
import servers
from rows import ROWS, Driver

QUICK_SERVERS = {"haproxy_close", "nginx"}  # that it leaves out


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer rows, servers and rounds")
    parser.add_argument("--all-servers", action="store_true",
                        help="with --quick: nginx too, and HAProxy as it is usually set up")
    parser.add_argument("--rows", default="", metavar="PATTERN",
                        help="only rows whose name has this regular expression")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--out", default="build/bench", metavar="FOLDER")
    parser.add_argument("--build", default="build/release", metavar="FOLDER")
    chosen = parser.parse_args()
    chosen.rounds = chosen.rounds or (5 if chosen.quick else 7)
    return chosen


class Bench:
    def __init__(self, chosen):
        self.chosen = chosen
        self.machine = servers.Machine(chosen.build)
        self.left_out = QUICK_SERVERS if chosen.quick and not chosen.all_servers else set()
        self.stream_mib = 256 if chosen.quick else 1024
        self.running = {}
        self.results = {"date": datetime.date.today().isoformat(), "rounds": chosen.rounds,
                        "command": _command(chosen),
                        "machine": _machine(), "load_before": os.getloadavg()[0],
                        "versions": _versions(), "rows": {}}

    def wants(self, name):
        return re.search(self.chosen.rows, name) is not None

    def server(self, name):
        """Started when it is first asked for, and kept."""
        if name not in self.running:
            engine = self.running.get("engine")
            core = self.machine.server_core
            if name == "dockgate":
                self.running[name] = servers.start_dockgate(self.machine, engine, core=core)
            elif name in ("dockgate_one", "dockgate_two"):
                threads = 1 if name == "dockgate_one" else 2
                self.running[name] = servers.start_dockgate(self.machine, engine, name, threads)
            elif name.startswith("dockgate_"):
                rules = int(name.removeprefix("dockgate_"))
                self.running[name] = servers.start_dockgate(
                    self.machine, engine, name, rules=rules, core=core)
            else:
                self.running[name] = getattr(servers, f"start_{name}")(self.machine, engine)
        return self.running[name]

    def run(self):
        self.running["engine"] = servers.start_engine(self.machine, self.stream_mib)
        self.measure_figures()
        rows = [row for row in ROWS
                if self.wants(row.name) and (row.quick or not self.chosen.quick)]
        driver = Driver(self.machine, 0.15 if self.chosen.quick else 0.4, self.stream_mib)
        for row in rows:
            taken = [name for name in row.servers if name not in self.left_out]
            self.results["rows"][row.name] = {"title": row.title, "streams": row.streams,
                                              "samples": {name: [] for name in taken}}
        for number in range(self.chosen.rounds):
            print(f"round {number + 1} of {self.chosen.rounds}", file=sys.stderr)
            for row in rows:
                for name, samples in self.results["rows"][row.name]["samples"].items():
                    samples.append(driver.measure(row, self.server(name)))

    def measure_figures(self):
        quick = self.chosen.quick
        engine = self.running["engine"]
        connections = _possible_connections(1000 if quick else 10000)
        figure_rows = (
            ("start", "start-up to the first answer, and memory then",
             lambda: figures.start_up(self.machine, engine, 3 if quick else 9)),
            ("idle", "connections that made a request and are idle, memory of the server",
             lambda: figures.idle(self.machine, engine, connections)),
            ("program", "the program", lambda: figures.program(self.machine)),
            ("micro", "micro-benchmarks",
             lambda: figures.micro(self.machine, 0.05 if quick else 0.3)))
        for name, title, measure in figure_rows:
            if self.wants(name):
                found = measure()
                self.results["rows"][name] = {
                    "title": title, "streams": False,
                    "samples": {server: [sample] for server, sample in found.items()}}

    def stop(self):
        for server in self.running.values():
            server.stop()
        self.machine.remove()

    def tell(self):
        out = pathlib.Path(self.chosen.out)
        out.mkdir(parents=True, exist_ok=True)
        self.results["load_after"] = os.getloadavg()[0]
        (out / "results.json").write_text(json.dumps(self.results, indent=1) + "\n")
        drawn = report.chart(self.results)
        if drawn:
            (out / "chart.svg").write_text(drawn)
        for name, row in self.results["rows"].items():
            if row["samples"]:
                report.print_row(self.results, name)
        print(f"\nwrote {out}/results.json\n")
        return gate.hold(self.results)


def _possible_connections(wanted):
    """A relay has two descriptors for each."""
    most = servers.descriptors()
    if most < 2 * wanted + 500:
        print(f"this user's limit of descriptors ({most}) leaves {(most - 500) // 2} connections",
              file=sys.stderr)
    return min(wanted, (most - 500) // 2)


def _command(chosen):
    """What makes the same again."""
    said = ["tests/bench/run.sh"]
    said += ["--quick"] * chosen.quick + ["--all-servers"] * chosen.all_servers
    said += [f"--rows '{chosen.rows}'"] * bool(chosen.rows)
    return " ".join(said)


def _machine():
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        model = re.search(r"model name\s*: (.*)", info.read())
    name = model[1].strip() if model else platform.machine()
    return f"{os.cpu_count()} × {name}, Linux {platform.release().split('-')[0]}"


def _versions():
    def first_line(*command):
        said = subprocess.run(command, capture_output=True, text=True)
        return (said.stdout + said.stderr).split("\n")[0]
    return {"haproxy": first_line("haproxy", "-v"), "nginx": first_line("nginx", "-v"),
            "h2load": first_line("h2load", "--version")}


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is stopped
    servers.raise_descriptor_limit()
    bench = Bench(arguments())
    try:
        bench.run()
    finally:
        bench.stop()
    return 0 if bench.tell() else 1


if __name__ == "__main__":
    sys.exit(main())
