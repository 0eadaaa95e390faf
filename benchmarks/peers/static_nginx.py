"""Becomes nginx, in one process, for the files of the folder that is its argument; prints its port first."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
import time
from pathlib import Path

CONFIGURATION = """daemon off; master_process off; pid {home}/pid; error_log {home}/log crit;
events {{ worker_connections 1024; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; default_type text/html;
    client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
    server {{ listen 127.0.0.1:{port} backlog=1024; root {folder}; }}
}}
"""


def announce(port):
    """Print the port as soon as something listens there."""
    for _ in range(500):
        time.sleep(0.01)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                print(port, flush=True)
                return


with socket.socket() as chosen:
    chosen.bind(("127.0.0.1", 0))
    port = chosen.getsockname()[1]
home = tempfile.mkdtemp(prefix="nginx-")
path = Path(home, "nginx.conf")
path.write_text(CONFIGURATION.format(home=home, port=port, folder=sys.argv[1]))
nginx = shutil.which("nginx") or "/usr/sbin/nginx"
if os.fork() == 0:
    announce(port)
    os._exit(0)
os.execv(nginx, ["nginx", "-c", str(path), "-p", home, "-e", f"{home}/log"])
