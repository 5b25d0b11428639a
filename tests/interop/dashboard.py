"""Serves a storage by optuna-dashboard, asks it for all studies with their trials, and prints its answers as JSON. Argument:
the URL."""

import json
import sys
import threading
import urllib.request
import warnings
from wsgiref.simple_server import WSGIRequestHandler, make_server

warnings.simplefilter("ignore")

import optuna
from optuna_dashboard import wsgi
from place import open_storage

optuna.logging.set_verbosity(optuna.logging.ERROR)


class Silent(WSGIRequestHandler):
    def log_message(self, *_):
        pass


server = make_server("127.0.0.1", 0, wsgi(open_storage(sys.argv[1])), handler_class=Silent)
threading.Thread(target=server.serve_forever, daemon=True).start()


def ask(path):
    with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}{path}", timeout=30) as answer:
        return json.load(answer)


summaries = ask("/api/studies")["study_summaries"]
print(json.dumps([ask(f"/api/studies/{study['study_id']}?after=0") for study in summaries]))
