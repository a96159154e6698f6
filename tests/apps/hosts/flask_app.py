# SPDX-License-Identifier: MIT
import os
from flask import Flask, send_from_directory

app = Flask(__name__)


@app.route("/<path:name>")
def picture(name):
    return send_from_directory(os.environ["SET"], name)
