"""What was measured, as a table for a terminal and as a chart."""

from gate import ratio_of, value_of

NAMES = {"relay": "bare relay", "haproxy": "HAProxy, keep-alive", "nginx": "nginx",
         "haproxy_close": "HAProxy, as usual", "dockgate": "dockgate",
         "dockgate_one": "one worker", "dockgate_two": "two workers",
         "dockgate_10": "10 rules", "dockgate_1000": "1,000 rules",
         "dockgate_10000": "10,000 rules"}
UNITS = {"rate": "/s", "cpu": "CPU", "p50": "p50 µs", "p99": "p99 µs", "start_ms": "ms to answer",
         "pss_kib": "PSS KiB", "grown_kib": "KiB more", "idle_kib": "KiB each",
         "connections": "connections",
         "stripped_mb": "MB stripped", "unused_libraries": "unused libraries", "ns": "ns"}


def print_row(results, name):
    row = results["rows"][name]
    servers = list(row["samples"])
    values = [value for value in UNITS
              if any(value_of(results, name, server, value) is not None for server in servers)]
    ratios = [to for to in ("relay", "haproxy") if to in servers] or servers[:1]
    ratios = ratios if "cpu" in values else []
    units = dict(UNITS, rate="MiB/s", cpu="CPU ms/GiB") if row["streams"] else dict(
        UNITS, rate="requests/s", cpu="CPU µs each")
    width = max(26, *(len(NAMES.get(server, server)) for server in servers))
    print(f"\n{row['title']}")
    print(" " * (width + 2) + "".join(f"{units[value]:>18}" for value in values)
          + "".join(f"{'CPU ÷ ' + NAMES[to].split(',')[0]:>20}" for to in ratios))
    for server in servers:
        cells = [value_of(results, name, server, value) for value in values]
        cells = [f"{'' if cell is None else format(cell, ',.1f'):>18}" for cell in cells]
        cells += [f"{ratio_of(results, name, server, to, 'cpu'):>20.2f}" for to in ratios]
        print(f"  {NAMES.get(server, server):{width}}" + "".join(cells))


CHARTED = (("list-8", "a small read, 8 connections"), ("list-64", "a small read, 64 connections"),
           ("create-8", "ContainerCreate"), ("save", "a stream from the Engine"),
           ("load", "a stream to the Engine"), ("tunnel", "a tunnel"))
DRAWN = ("relay", "dockgate", "haproxy", "nginx", "haproxy_close")

STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 16px; font-weight: 600 }
  .small { font-size: 11px; fill: #59636e }
  .axis { stroke: #d1d9e0 }
  .relay { fill: #8c959f } .dockgate { fill: #0969da } .haproxy { fill: #bc8c00 }
  .nginx { fill: #2da44e } .haproxy_close { fill: #cf5b2e }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .small { fill: #9198a1 } .axis { stroke: #3d444d }
    .relay { fill: #767e87 } .dockgate { fill: #58a6ff } .haproxy { fill: #d9a514 }
    .nginx { fill: #3fb950 } .haproxy_close { fill: #f0883e }
  }
"""


def _bar(y, server, ratio, scale):
    return (f'<rect class="{server}" x="220" y="{y}" width="{ratio * scale:.1f}" height="12" '
            'rx="2"/>'
            f'<text class="small" x="{225 + ratio * scale:.1f}" y="{y + 10}">{ratio:.2f}</text>')


def _legend(y):
    drawn, x = [], 20
    for server in DRAWN:
        drawn.append(f'<rect class="{server}" x="{x}" y="{y - 10}" width="12" height="12" rx="2"/>'
                     f'<text x="{x + 17}" y="{y}">{NAMES[server]}</text>')
        x += 40 + 8 * len(NAMES[server])
    return drawn


def chart(results):
    """An SVG: CPU time as multiples of the bare relay's; nothing where no such row was measured."""
    rows = [(title, [(server, ratio_of(results, name, server, "relay", "cpu")) for server in DRAWN])
            for name, title in CHARTED if name in results["rows"]]
    rows = [(title, [(server, ratio) for server, ratio in bars if ratio]) for title, bars in rows]
    if not rows:
        return None
    scale = 500 / max(ratio for _, bars in rows for _, ratio in bars)
    drawn, y = [], 90
    for title, bars in rows:
        drawn.append(f'<text x="20" y="{y + 8 * len(bars)}">{title}</text>')
        for server, ratio in bars:
            drawn.append(_bar(y, server, ratio, scale))
            y += 15
        y += 14
    one = f"{220 + scale:.1f}"
    line = f'<line class="axis" x1="{one}" y1="80" x2="{one}" y2="{y - 8}"/>'
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 780 {y + 22}" role="img">',
        f"<style>{STYLE}</style>",
        '<text class="title" x="20" y="28">CPU time, as multiples of a bare relay\'s</text>',
        *_legend(58), line, *drawn,
        f'<text class="small" x="20" y="{y + 10}">{results["date"]} · {results["machine"]} · '
        f'medians of {results["rounds"]} rounds · {results["command"]}</text>', "</svg>", ""])
