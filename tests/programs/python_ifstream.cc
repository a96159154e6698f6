// SPDX-License-Identifier: MIT
// For tests/python: a reader in C++ that a Python script loads by ctypes.
#include <fstream>

extern "C" bool read_by_ifstream(const char *path) {
    std::ifstream file(path, std::ios::binary);
    return file.good();
}
