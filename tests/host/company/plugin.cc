// SPDX-License-Identifier: MIT
// A C++ plugin: exceptions thrown around failing opens, and a cancellation that unwinds through one.
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <pthread.h>
#include <stdexcept>
#include <string>

namespace {

int alive;

struct counted {
    counted() { alive++; }
    ~counted() { alive--; }
};

int open_or_throw(const std::string &path, int depth) {
    counted here;
    if (depth > 0)
        return open_or_throw(path, depth - 1);
    int descriptor = open(path.c_str(), O_RDONLY);
    if (descriptor < 0)
        throw std::runtime_error(path + std::to_string(errno));
    return descriptor;
}

bool throws_around_opens() {
    for (int i = 0; i < 100; i++) {
        std::string path = "/thrown-" + std::to_string(i) + ".png";
        try {
            open_or_throw(path, i % 20);
            return false;
        } catch (const std::runtime_error &error) {
            if (error.what() != path + std::to_string(ENOENT) || alive != 0)
                return false;
        }
    }
    std::ifstream stream("/stream.png");
    stream.exceptions(std::ifstream::goodbit);
    return !stream;
}

void *cancelled(void *) {
    counted here;
    pthread_cancel(pthread_self());
    open("/cancelled.png", O_RDONLY); // a cancellation point: unwinds from inside
    return nullptr;
}

bool unwinds_through_an_open() {
    pthread_t thread;
    void *result = nullptr;
    return pthread_create(&thread, nullptr, cancelled, nullptr) == 0 &&
           pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED && alive == 0;
}

} // namespace

extern "C" int plugin(void) {
    return throws_around_opens() && unwinds_through_an_open() ? 0 : 1;
}
