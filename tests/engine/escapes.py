"""What an Engine has, looked at without dockgate: whether it reaches the host.

Each function takes what the Engine's inspect says, and lists what is wrong; nothing is fine. It
knows what baseline promises, and none of dockgate's code.
"""

DEFAULT_CAPABILITIES = {
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD",
    "NET_BIND_SERVICE", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"}
LOG_DRIVERS = {"json-file", "local", "none"}
RUNTIMES = {"runc", "io.containerd.runc.v2"}
NAMESPACED_SYSCTLS = ("net.", "kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue.")
PRIVATE_RANGES = ("10.", "192.168.", "fc", "fd") + tuple(f"172.{n}." for n in range(16, 32))


class Escapes:
    """`get(path)` asks the Engine; `plain` is a container that asked for nothing."""

    def __init__(self, get, plain):
        self.get = get
        self.plain = plain["HostConfig"]

    def of_container(self, container, depth=4):
        host = container["HostConfig"]
        return (self._rights(host) + self._mounts(container) + self._namespaces(container, depth)
                + self._of_the_host(container))

    def of_volume(self, volume):
        found = []
        if volume["Driver"] != "local":
            found.append(f"volume driver {volume['Driver']}")
        if volume["Options"]:
            found.append(f"volume options {volume['Options']}")
        return found

    def of_network(self, network):
        found = []
        if network["Driver"] != "bridge" or network["Scope"] != "local":
            found.append(f"network driver {network['Driver']}, scope {network['Scope']}")
        if network["Options"] or network["IPAM"]["Options"]:
            found.append(f"network options {network['Options']} {network['IPAM']['Options']}")
        if network["IPAM"]["Driver"] != "default":
            found.append(f"IPAM driver {network['IPAM']['Driver']}")
        if network["ConfigOnly"] or network["ConfigFrom"]["Network"] or network["Ingress"]:
            found.append("a network that lends or borrows its settings")
        for subnet in network["IPAM"]["Config"] or []:
            if not subnet["Subnet"].startswith(PRIVATE_RANGES):
                found.append(f"subnet {subnet['Subnet']}")
        return found

    def of_exec(self, made):
        found = ["privileged exec"] if made["ProcessConfig"]["privileged"] else []
        container = self.get(f"/containers/{made['ContainerID']}/json")
        return found + [f"exec in one with {what}" for what in self.of_container(container)]

    def _rights(self, host):
        found = ["privileged"] if host["Privileged"] else []
        for capability in host["CapAdd"] or []:
            if capability.upper().removeprefix("CAP_") not in DEFAULT_CAPABILITIES:
                found.append(f"capability {capability}")
        for option in host["SecurityOpt"] or []:
            if not _tightens(option):
                found.append(f"security option {option}")
        for paths in ("MaskedPaths", "ReadonlyPaths"):
            if not set(host[paths] or []) >= set(self.plain[paths]):
                found.append(f"{paths} {host[paths]}")
        return found

    def _mounts(self, container):
        host = container["HostConfig"]
        # A path alone is where an anonymous volume goes.
        found = [f"bind {b}" for b in host["Binds"] or []
                 if b.lstrip().startswith("/") and ":" in b]
        for mount in host.get("Mounts") or []:
            driver = (mount.get("VolumeOptions") or {}).get("DriverConfig") or {}
            if mount["Type"] not in ("volume", "tmpfs") or driver.get("Options"):
                found.append(f"mount {mount}")
        for mount in container["Mounts"]:
            if mount["Type"] == "bind":
                found.append(f"mounted {mount['Source']}")
            elif mount["Type"] == "volume":
                found += self.of_volume(self.get(f"/volumes/{mount['Name']}"))
        if host["VolumeDriver"] not in ("", "local"):
            found.append(f"volume driver {host['VolumeDriver']}")
        return found

    def _namespaces(self, container, depth):
        host = container["HostConfig"]
        own = {
            "PidMode": {""}, "IpcMode": {"", "private", "shareable", "none"}, "UTSMode": {""},
            "UsernsMode": {""}, "Cgroup": {""}, "CgroupnsMode": {"private", self.plain["CgroupnsMode"]},
        }
        found = ["the host's network"] if host["NetworkMode"] == "host" else []
        if "host" in container["NetworkSettings"]["Networks"]:
            found.append("the network called host")
        for key in ("NetworkMode", *own):
            mode = host[key]
            if mode.startswith("container:"):
                found += self._of_other(mode.removeprefix("container:"), depth)
            elif key in own and mode not in own[key]:
                found.append(f"{key} {mode}")
        return found

    def _of_other(self, name, depth):
        other = self.get(f"/containers/{name}/json")
        if other is None or depth == 0:
            return []  # what is gone is shared by nobody
        return [f"shared with one that has {w}" for w in self.of_container(other, depth - 1)]

    def _of_the_host(self, container):
        host, found = container["HostConfig"], []
        for key in ("Devices", "DeviceCgroupRules", "DeviceRequests", "CgroupParent"):
            if host[key]:
                found.append(f"{key} {host[key]}")
        for name in host.get("Sysctls") or {}:
            if not name.startswith(NAMESPACED_SYSCTLS):
                found.append(f"sysctl {name}")
        log = host["LogConfig"]
        if log["Type"] not in LOG_DRIVERS or any("://" in v for v in (log["Config"] or {}).values()):
            found.append(f"logs to {log}")
        runtime = host.get("Runtime") or "runc"  # not noted where there was no HostConfig at all
        if runtime not in RUNTIMES:
            found.append(f"runtime {runtime}")
        if host["OomKillDisable"] or host["OomScoreAdj"] < 0:
            found.append("favoured when memory runs out")
        if container["Config"]["WorkingDir"].startswith("/proc"):
            found.append(f"working directory {container['Config']['WorkingDir']}")
        return found


def _tightens(option):
    key, _, value = option.partition("=" if "=" in option else ":")
    return ((key == "no-new-privileges" and value in ("", "true", "1", "t", "T", "TRUE", "True"))
            or (key == "apparmor" and value == "docker-default")
            or (key == "seccomp" and value in ("", "builtin")))
