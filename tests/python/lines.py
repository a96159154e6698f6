# SPDX-License-Identifier: MIT
"""lines.py PROBE.SO: compares python_line() with the interpreter's own answer, PyCode_Addr2Line(),
at every instruction of every code object of its standard library."""
import ctypes
import os
import sys
import types

probe = ctypes.CDLL(sys.argv[1])
probe.probe_lines.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int,
                              ctypes.c_int, ctypes.POINTER(ctypes.c_int)]
probe.probe_lines.restype = None
address_to_line = ctypes.pythonapi.PyCode_Addr2Line
address_to_line.argtypes = [ctypes.py_object, ctypes.c_int]
address_to_line.restype = ctypes.c_int

minor = sys.version_info[1]
FORMAT = 0 if minor < 10 else 1 if minor == 10 else 2  # enum python_lines


def table_of(code):
    return code.co_lnotab if minor < 10 else code.co_linetable


def code_objects(code):
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from code_objects(constant)


def sources(top):
    for folder, folders, names in os.walk(top):
        folders[:] = sorted(f for f in folders if f not in ("site-packages", "dist-packages"))
        for name in sorted(names):
            if name.endswith(".py"):
                yield os.path.join(folder, name)


def main():
    import warnings
    warnings.simplefilter("ignore")
    files = broken = codes = offsets = different = 0
    for path in sources(os.path.dirname(os.__file__)):
        try:
            with open(path, "rb") as source:
                module = compile(source.read(), path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, UnicodeError, RecursionError, MemoryError):
            broken += 1  # on purpose: lib2to3's and test's samples of bad code
            continue
        files += 1
        for code in code_objects(module):
            count = len(code.co_code) // 2
            ours = (ctypes.c_int * count)()
            table = table_of(code)
            probe.probe_lines(FORMAT, table, len(table), code.co_firstlineno, count, ours)
            codes += 1
            offsets += count
            for i in range(count):
                if ours[i] != address_to_line(code, 2 * i):
                    different += 1
                    if different <= 5:
                        print("different: %s %s offset %d: %d, not %d"
                              % (path, code.co_name, 2 * i, ours[i], address_to_line(code, 2 * i)))
    print("lines: %d files (%d not Python), %d code objects, %d offsets compared, %d different"
          % (files, broken, codes, offsets, different))
    return 1 if different or offsets < 50000 else 0


sys.exit(main())
