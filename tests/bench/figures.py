"""Rows that are no load: memory, start-up, the program itself, and the micro-benchmarks."""

import json
import os
import pathlib
import shutil
import statistics
import subprocess

import servers


def start_up(machine, engine, rounds):
    """From the program's start to its first answer, and what it then has of memory."""
    starters = {"relay": servers.start_relay, "haproxy": servers.start_haproxy,
                "nginx": servers.start_nginx,
                "dockgate": lambda *where: servers.start_dockgate(*where, core=machine.server_core)}
    found = {name: [] for name in starters}
    for _ in range(rounds):
        for name, start in starters.items():
            server = start(machine, engine)
            try:
                found[name].append((server.seconds_to_answer * 1e3, server.pss()))
            finally:
                server.stop()
    return {name: {"start_ms": statistics.median(ms for ms, _ in samples),
                   "pss_kib": statistics.median(kib for _, kib in samples)}
            for name, samples in found.items()}


def idle(machine, engine, connections):
    """Memory of connections that made a request each and now say nothing."""
    starters = {"relay": servers.start_relay, "haproxy": servers.start_haproxy,
                "nginx": servers.start_nginx,
                "dockgate": lambda *where: servers.start_dockgate(*where, core=machine.server_core)}
    found = {}
    for name, start in starters.items():
        server = start(machine, engine)
        try:
            before = server.pss()
            with subprocess.Popen(
                    [machine.program("bench_load"), "idle", server.addresses(False),
                     f"connections={connections}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                    text=True) as load:
                if load.stdout.readline() != "ready\n":
                    raise RuntimeError(f"{connections} connections to {name} failed")
                each = (server.pss() - before) / connections
                load.stdin.close()
                load.stdout.read()
            found[name] = {"idle_kib": each, "connections": connections}
        finally:
            server.stop()
    return found


def program(machine):
    """Its size without symbols, and how many libraries it is linked with and does not use."""
    stripped = machine.folder / "stripped"
    shutil.copy(machine.program("dockgate"), stripped)
    subprocess.run(["strip", stripped], check=True)
    unused = subprocess.run(["ldd", "-u", stripped], capture_output=True, text=True).stdout
    return {"dockgate": {"stripped_mb": os.path.getsize(stripped) / 1e6,
                         "unused_libraries": sum("/" in line for line in unused.split("\n"))}}


def micro(machine, seconds):
    """Nanoseconds of each micro-benchmark; nothing where it was not built."""
    binary = pathlib.Path(machine.program("bench_micro"))
    if not binary.exists():
        return {}
    command = [binary, "--benchmark_format=json", f"--benchmark_min_time={seconds}",
               "--benchmark_repetitions=5", "--benchmark_report_aggregates_only=true"]
    said = subprocess.run(servers.pinned([str(word) for word in command], machine.server_core),
                          check=True, capture_output=True, text=True).stdout
    return {run["run_name"]: {"ns": run["cpu_time"]}
            for run in json.loads(said)["benchmarks"] if run["aggregate_name"] == "median"}
