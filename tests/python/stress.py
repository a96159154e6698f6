# SPDX-License-Identifier: MIT
"""stress.py WALKS: keeps every part of the interpreter busy while the probe's SIGPROF handler reads
the frames at whatever instruction it meets, until it has done so WALKS times. Ends with `stress done`; a
crash or a hang does not."""
import collections
import ctypes
import gc
import json
import os
import re
import sys
import threading
import warnings

warnings.simplefilter("ignore")  # of forks beside threads
GOAL = int(sys.argv[1])
walks = ctypes.PyDLL(os.environ["PROBE"]).probe_walks
walks.restype = ctypes.c_long
going_down = False


def numbers(n):
    for i in range(n):
        yield i


def delegate(n):
    yield from numbers(n)


async def coroutine(n):
    if n:
        return await coroutine(n - 1)
    return 0


class Node:
    def __init__(self, n):
        self.me = self
        self.n = n

    def __del__(self):
        len(str(self.n))

    def __lt__(self, other):
        return self.n < other.n

    @property
    def name(self):
        return "node %d" % self.n


def recurse(n):
    return recurse(n - 1) + 1 if n else 0


def through_c(n):
    return list(map(through_c, [n - 1])) if n else []


def errors(n):
    for i in range(n):
        try:
            raise ValueError(i)
        except ValueError as error:
            str(error)


def work():
    sum(delegate(200))
    try:
        coroutine(20).send(None)
    except StopIteration:
        pass
    nodes = [Node(i) for i in range(50)]
    sorted(nodes)
    [node.name for node in nodes]
    recurse(100)
    through_c(20)
    errors(30)
    json.loads(json.dumps({str(i): [i, {"a": i}] for i in range(30)}))
    re.sub(r"(\w+)", lambda match: match.group(0).upper(), "some words of text " * 10)
    collections.namedtuple("Tuple", "a b c")(1, 2, 3)
    exec(compile("def f(a):\n    return [x for x in range(a)]\nf(10)\n", "made", "exec"), {})
    gc.collect(0)


def traced():
    sys.settrace(lambda *_: None)
    errors(5)
    sys.settrace(None)


def loop():
    while walks() < GOAL or going_down:
        work()
        traced()


def fork():
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if status != 0:
        print("a child ended with status %#x" % status)
        os._exit(1)


def fork_until(goal):
    forks = 0
    while walks() < goal:
        work()
        fork()
        forks += 1
    return forks


# Without the GIL, a child of a process with threads waits for ever for locks which these held (3.13 and
# 3.14 do so with no preload at all), so there forks and threads have their turns.
has_gil = getattr(sys, "_is_gil_enabled", lambda: True)()
forks = 0 if has_gil else fork_until(GOAL // 2)
threads = [threading.Thread(target=loop) for _ in range(3)]
for thread in threads:
    thread.start()
if has_gil:
    forks = fork_until(GOAL)
for thread in threads:
    thread.join()
# Daemon threads are still at work while the interpreter goes down. Without the GIL it may then wait for ever
# for one that was just stopping the world (3.14.0; nothing of ours is on either stack).
if has_gil:
    going_down = True
    threading.Thread(target=loop, daemon=True).start()
print("stress done, %d forks" % forks)
