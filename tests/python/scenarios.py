# SPDX-License-Identifier: MIT
"""scenarios.py: run with LD_PRELOAD=PROBE.SO and PROBE_LOG=FILE, or with the library itself and
PERMSHIM_LOG=FILE; PROBE=PROBE.SO in both cases. Each scenario makes one open fail and notes, on the
same line, the frames as the interpreter itself tells them. File, line and function of every frame must
be the same in the report, and the frames must stand inside the native stack. PROBE_ONLY=NAMES (comma
separated) runs just these, PROBE_HIDDEN=1 leaves out what needs modules in C. PROBE_IFSTREAM is the
library made of tests/programs/python_ifstream.cc, PROBE_MODULES: folders of modules, for those that this
Python does not have."""
import atexit
import functools
import json
import os
import sys
import threading
import time

LOG = os.environ.get("PROBE_LOG") or os.environ["PERMSHIM_LOG"]
NOTES = LOG + ".notes"
SCENARIOS = []


if os.environ.get("PROBE_MODULES"):
    sys.path += os.environ["PROBE_MODULES"].split(os.pathsep)


class Skip(Exception):
    pass


def scenario(*functions, **options):
    """`functions`: names that must be among the frames, innermost first, so that a scenario which
    missed its point fails. native=TEXT: a native frame with it must stand between two Python frames;
    innermost=TEXTS: native frames with these must stand before the first Python frame, in this order;
    deeper: the frames noted are the outer ones only; cut: there are more than are kept; extensions: it
    needs modules in C, which find no symbols of the interpreter in a host that hides them."""
    def register(run):
        SCENARIOS.append((run.__name__, functions, options, run))
        return run
    return register


def absent():
    """A path of its own for each open: what looks like a repetition would only be counted."""
    return "/nonexistent-%s/probe-me.png" % os.urandom(8).hex()


def note():
    """Appends the caller's frames to NOTES; what follows on the caller's line sees the same ones."""
    frames = []
    frame = sys._getframe(1)
    while frame:
        code = frame.f_code
        frames.append([code.co_filename, frame.f_lineno or 0, getattr(code, "co_qualname", code.co_name)])
        frame = frame.f_back
    line = json.dumps(frames).encode("ascii") + b"\n"
    descriptor = os.open(NOTES, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(descriptor, line)
    os.close(descriptor)


def missing():
    try:
        note(), open(absent())
    except OSError:
        pass


# ---- the scenarios ----

@scenario("missing", "plain")
def plain():
    missing()


@scenario("missing", "Method.call", "method")
def method():
    class Method:
        def call(self):
            missing()
    Method().call()


@scenario("missing", "run", "_bootstrap_inner")
def thread():
    worker = threading.Thread(target=missing)
    worker.start()
    worker.join()


def fork_target(_):
    missing()


@scenario("missing", "fork_target", "worker", extensions=True)
def fork_worker():
    import multiprocessing
    with multiprocessing.get_context("fork").Pool(1) as pool:
        pool.map(fork_target, [0])


@scenario("gil_held", extensions=True)
def gil_held():
    import ctypes
    note(), ctypes.PyDLL(None).open(absent().encode(), 0)


@scenario("gil_released", extensions=True)
def gil_released():
    import ctypes
    note(), ctypes.CDLL(None).open(absent().encode(), 0)


@scenario("opener", "run", extensions=True)
def gil_held_by_another():
    """The report must be there before the thread that has the GIL lets go of it."""
    import ctypes
    probe = ctypes.CDLL(os.environ["PROBE"])
    waits = ctypes.c_int.in_dll(probe, "probe_waits")

    def opener():
        note(), probe.probe_open_later(200000, absent().encode())
    worker = threading.Thread(target=opener)
    worker.start()
    while not waits.value:
        time.sleep(0)
    seen = ctypes.PyDLL(os.environ["PROBE"]).probe_wait_for(LOG.encode())
    worker.join()
    if not seen:
        raise AssertionError("the report waited for the GIL")


def qsort(gil_held):
    import ctypes
    library, kind = (ctypes.PyDLL, ctypes.PYFUNCTYPE) if gil_held else (ctypes.CDLL, ctypes.CFUNCTYPE)
    compare = kind(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)

    def comparing(_a, _b):
        missing()
        return 0
    array = (ctypes.c_int * 2)(2, 1)
    library(None).qsort(array, ctypes.c_size_t(2), ctypes.c_size_t(4), compare(comparing))


@scenario("missing", "comparing", "qsort", native="libc.so", extensions=True)
def callback():
    qsort(False)


@scenario("missing", "comparing", "qsort", native="libc.so", extensions=True)
def callback_gil_held():
    qsort(True)


@scenario("missing", "comparing", "qsort", "outer_comparing", "nested_callback", native="libc.so", extensions=True)
def nested_callback():
    import ctypes
    kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)

    def outer_comparing(_a, _b):
        qsort(False)
        return 0
    array = (ctypes.c_int * 2)(2, 1)
    ctypes.CDLL(None).qsort(array, ctypes.c_size_t(2), ctypes.c_size_t(4), kind(outer_comparing))


@scenario("missing", "inner", "outer", "run_until_complete", extensions=True)
def coroutines():
    import asyncio

    async def inner():
        await asyncio.sleep(0)
        missing()

    async def outer():
        await inner()

    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(outer())
    finally:
        loop.close()


@scenario("missing", "numbers", "delegate", "generator")
def generator():
    def numbers():
        yield 1
        missing()
        yield 2

    def delegate():
        yield from numbers()
    for _ in delegate():
        pass


@scenario("missing", "<lambda>", "sort_key")
def sort_key():
    sorted([1, 2][:1], key=lambda _: missing() or 0)


@scenario("missing", "comprehension")
def comprehension():
    [missing() for _ in range(1)]


@scenario("missing", "tracer", "traced")
def settrace():
    done = []

    def tracer(frame, event, _argument):
        if event == "line" and not done:
            done.append(1)
            missing()
        return tracer

    def traced():
        x = 1
        return x
    sys.settrace(tracer)
    try:
        traced()
    finally:
        sys.settrace(None)


@scenario("missing", "under_trace")
def traced_lines():
    def tracer(_frame, _event, _argument):
        return tracer

    def under_trace():
        for i in range(2):
            if i == 1:
                missing()
    sys.settrace(tracer)
    try:
        under_trace()
    finally:
        sys.settrace(None)


@scenario("missing", "profiler", "profiled")
def setprofile():
    done = []

    def profiler(_frame, event, _argument):
        if event == "call" and not done:
            done.append(1)
            missing()

    def profiled():
        return 1
    sys.setprofile(profiler)
    try:
        profiled()
    finally:
        sys.setprofile(None)


@scenario("missing", "decorated", "wrapper", "decorator")
def decorator():
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*arguments):
            return function(*arguments)
        return wrapper

    @decorate
    @functools.lru_cache(None)
    def decorated():
        missing()
    decorated()


@scenario("missing", "Resource.__del__", "finalizer")
def finalizer():
    class Resource:
        def __del__(self):
            missing()
    resource = Resource()
    del resource


@scenario("missing", "Meta.__call__", "Meta.__getattr__", "protocols")
def protocols():
    class Meta(type):
        def __getattr__(cls, name):
            return cls()

        def __call__(cls):
            missing()
            return 1
    Plain = Meta("Plain", (), {})
    Plain.anything


@scenario("missing", "<module>", "imported", extensions=True)
def imported():
    import tempfile
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "probe_module.py"), "w") as source:
            source.write("import __main__\n\n\n__main__.missing()\n")
        sys.path.insert(0, folder)
        try:
            import probe_module  # noqa: F401
        finally:
            sys.path.remove(folder)


NAMES = ["caf\u00e9.py", "\u65e5\u672c\u8a9e/\u5199\u771f.py", "\U0001f600.py", "byte\udcff.py",
         "n" * 5000 + ".py", "\u00e9" * 300 + ".py", "<string>", ""]


@scenario("f\u00fcnf", "names", extensions=True)
def names():
    for name in NAMES:
        space = {"missing": missing}
        exec(compile("\n\ndef f\u00fcnf():\n    missing()\n", name, "exec"), space)
        space["f\u00fcnf"]()


@scenario("missing", "deeper", cut=True)
def recursion():
    def deeper(n):
        if n:
            deeper(n - 1)
        else:
            missing()
    deeper(400)


@scenario("missing", "each", "recursion_through_c")
def recursion_through_c():
    def each(n):
        if n:
            list(map(each, [n - 1]))
        else:
            missing()
    each(8)


@scenario("missing", "<lambda>", "long_lines")
def long_lines():
    space = {"missing": missing}
    exec(compile("\n" * 70000 + "f = (\n" + "\n" * 300 + "lambda:" + "\n" * 0 + " missing())\n",
                 "long.py", "exec"), space)
    space["f"]()


@scenario("missing", "in_greenlet", extensions=True)
def greenlet():
    import greenlet as module
    import subprocess
    plain = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    if subprocess.call([sys.executable, "-c", "import sys; sys.path[:] = %r; import greenlet; "
                        "greenlet.greenlet(int).switch()" % sys.path], env=plain):
        raise Skip("this greenlet crashes this Python with no preload at all")

    def in_greenlet():
        missing()
    module.greenlet(in_greenlet).switch()


def run_apart(function):
    """Has another interpreter in this process, on this thread, run a module that ends in missing()."""
    try:
        import _interpreters as interpreters
    except ImportError:
        import _xxsubinterpreters as interpreters
    with open(__file__) as source:
        code = source.read().split("# ---- the scenarios ----")[0]
    identity = interpreters.create()
    module = "__name__ = 'sub'\n__file__ = %r\nimport os, sys, json\n%s\nmissing()\n" % (__file__, sub_part(code))
    result = function(interpreters, identity, module)
    if result:
        raise Skip("a subinterpreter could not be run: %r" % (result,))
    interpreters.destroy(identity)


if sys.version_info >= (3, 12):
    @scenario("missing", "<module>", extensions=True)
    def subinterpreter():
        run_apart(lambda interpreters, identity, module: interpreters.run_string(identity, module))
else:
    @scenario("<lambda>", "run_apart", "subinterpreter", extensions=True)
    def subinterpreter():
        """Up to 3.11 a thread keeps the state of the interpreter that it ran first: whose frames these are."""
        run_apart(lambda interpreters, identity, module: (
            note(), interpreters.run_string(identity, module.replace("note(), ", "")))[1])


def sub_part(code):
    """Of this file, what note() and missing() need, without the modules a subinterpreter may refuse."""
    start = code.index("LOG = ")
    return code[start:].replace("SCENARIOS = []", "")


@scenario("open", "pillow", deeper=True, extensions=True)
def pillow():
    from PIL import Image
    try:
        note(), Image.open(absent())
    except OSError:
        pass


@scenario("opencv", innermost=("cv",), extensions=True)
def opencv():
    try:
        import cv2
    except ImportError as reason:  # its wheels need the stable ABI, which there is with the GIL alone
        raise Skip(reason)
    note(), cv2.imread(absent())


@scenario("ifstream", innermost=("libstdc++", "python_ifstream.so:read_by_ifstream"), extensions=True)
def ifstream():
    import ctypes
    reader = ctypes.CDLL(os.environ["PROBE_IFSTREAM"])
    note(), reader.read_by_ifstream(absent().encode())


# ---- comparing ----

class Report:
    """`frames`: (file, line, function) of the Python ones; `kinds`: "py" or the native frame's object,
    with ":loop" behind it where that is the interpreter; `names`: OBJECT:SYMBOL of the native ones."""

    def __init__(self):
        self.frames, self.kinds, self.names, self.ended = [], [], [], ""

    def add_native(self, path, is_loop, symbol):
        self.kinds.append(path + (":loop" if is_loop else ""))
        self.names.append("%s:%s" % (os.path.basename(path), symbol))


def of_probe(text):
    report = Report()
    for line in text.split(b"\n")[1:]:
        fields = [field.decode("utf-8", "surrogateescape") for field in line.split(b"\t")]
        if fields[0] == "py":
            report.frames.append((fields[1], int(fields[2]), fields[3]))
            report.kinds.append("py")
        elif fields[0] == "c":
            report.add_native(fields[1], fields[2], fields[3])
        elif fields[0] == "end":
            report.ended = fields[1]
    return report


def of_library(line):
    import base64
    report, event = Report(), json.loads(line.decode("utf-8"))
    for frame in event["frames"]:
        if frame["kind"] == "python":
            file = frame["file"]
            if frame.get("file_base64"):
                file = base64.b64decode(frame["file_base64"]).decode("utf-8", "surrogateescape")
            report.frames.append((file, frame["line"], frame["function"]))
            report.kinds.append("py")
        else:
            name = os.path.basename(frame["object"] or "")
            host = name.startswith(("python", "libpython")) or name == os.path.basename(event["exe"])
            report.add_native(frame["object"] or "", host, frame.get("symbol") or "")
    report.ended = event.get("frames_ended", "")
    return report


def read_reports():
    try:
        with open(LOG, "rb") as log:
            text = log.read()
    except OSError:
        return []
    if text.startswith(b"{"):
        return [of_library(line) for line in text.splitlines() if b'"event":"failure"' in line]
    return [of_probe(part) for part in text.split(b"call ")[1:]]


def read_notes():
    try:
        with open(NOTES, "rb") as log:
            return [[tuple(frame) for frame in json.loads(line)] for line in log]
    except OSError:
        return []


def cut(frame):
    """What python.h's limits leave of a frame: characters first, bytes after."""
    file = frame[0].encode("utf-8", "surrogateescape")
    return (whole(file, 4096), frame[1], whole(frame[2].encode("utf-8", "surrogateescape"), 512))


def whole(text, most):
    if len(text) > most:
        text = text[:most].decode("utf-8", "ignore").encode("utf-8")
    return text.decode("utf-8", "surrogateescape")


def judge(functions, options, report, expected):
    expected = [cut(frame) for frame in expected]
    if options.get("cut"):
        if not report.ended:
            return "not told as cut: %r" % report.ended
        expected = expected[:len(report.frames)]
        if len(report.frames) < (256 if "PROBE_LOG" in os.environ else 50):
            return "%d frames" % len(report.frames)
    elif report.ended:
        return "ended: %s" % report.ended
    frames = report.frames
    if options.get("deeper"):  # the library called adds frames of its own, further in
        frames = frames[-len(expected):]
    if frames != expected:
        for ours, theirs in zip(frames + [None] * 99, expected):
            if ours != theirs:
                return "%r, not %r" % (ours, theirs)
        return "%d frames, not %d" % (len(report.frames), len(expected))
    rest = [frame[2] for frame in report.frames]
    for function in functions:
        short = function.split(".")[-1] if sys.version_info < (3, 11) else function
        matches = [i for i, name in enumerate(rest)
                   if name == short or name.endswith("." + short) or name.split(".")[-1] == short]
        if not matches:
            return "no frame of %s" % function
        rest = rest[matches[0] + 1:]
    # Each run of Python frames stands behind a native frame of the interpreter, none after the last.
    kinds = report.kinds
    for i, kind in enumerate(kinds):
        if kind == "py" and kinds[i - 1] != "py" and not kinds[i - 1].endswith(":loop"):
            return "a group stands behind %s" % kinds[i - 1]
    if kinds[-1] == "py" and not options.get("cut"):
        return "frames without a native frame"
    before = report.names[:kinds.index("py")]
    for text in options.get("innermost", ()):
        matches = [i for i, name in enumerate(before) if text in name]
        if not matches:
            return "no %s among the innermost: %s" % (text, " ".join(report.names))
        before = before[matches[0] + 1:]
    inside = kinds[kinds.index("py"):len(kinds) - kinds[::-1].index("py")]
    if "native" in options and not any(options["native"] in kind for kind in inside):
        return "no %s between the Python frames" % options["native"]
    return None


def run(entry):
    name, functions, options, function = entry
    for path in (LOG, NOTES):
        if os.path.exists(path):
            os.unlink(path)
    try:
        function()
    except (Skip, ModuleNotFoundError) as reason:
        print("  skip %s: %s" % (name, reason))
        return "skip"
    reports, notes = read_reports(), read_notes()
    problem = None
    if not notes:
        problem = "the scenario noted nothing"
    elif len(reports) < len(notes):
        problem = "%d reports of %d opens" % (len(reports), len(notes))
    for report, expected in zip(reports, notes):
        problem = problem or judge(functions, options, report, expected)
    print("  %-4s %s%s" % ("FAIL" if problem else "ok", name, ": " + problem if problem else ""))
    return "fail" if problem else "ok"


def at_exit():
    entry = ("at_exit", ("missing", "last"), {}, last)
    if run(entry) == "fail":
        sys.stdout.flush()
        os._exit(1)


def last():
    missing()


def main():
    only = os.environ.get("PROBE_ONLY", "")
    chosen = [entry for entry in SCENARIOS if not only or entry[0] in only.split(",")]
    if os.environ.get("PROBE_HIDDEN"):
        chosen = [entry for entry in chosen if "extensions" not in entry[2]]
    results = [run(entry) for entry in chosen]
    print("  scenarios: %d ok, %d failed, %d skipped"
          % (results.count("ok"), results.count("fail"), results.count("skip")))
    sys.stdout.flush()
    if "fail" in results:
        return 1
    if not only:
        atexit.register(at_exit)
    return 0


if __name__ == "__main__":
    sys.exit(main())
