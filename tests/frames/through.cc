// SPDX-License-Identifier: MIT
// through CASE PATH, in C++: a C++20 coroutine, and code that runs while an exception is on its way.
#include <coroutine>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <stdexcept>

static const char *path;

static void fail_to_open() {
    if (open(path, O_RDONLY) >= 0)
        abort();
}

namespace album {

struct Task {
    struct promise_type {
        std::coroutine_handle<> waiting = std::noop_coroutine();
        Task get_return_object() {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_always initial_suspend() noexcept { return {}; }
        struct Resume {
            bool await_ready() noexcept { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> done) noexcept {
                return done.promise().waiting;
            }
            void await_resume() noexcept {}
        };
        Resume final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };
    std::coroutine_handle<promise_type> handle;
    bool await_ready() { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> by) {
        handle.promise().waiting = by;
        return handle;
    }
    void await_resume() {}
};

static Task load() {
    fail_to_open();
    co_return;
}

static Task load_all() {
    co_await load();
}

static void run() {
    Task task = load_all();
    task.handle.resume();
}

struct Cover {
    ~Cover() { fail_to_open(); }
};

static void give_up() {
    Cover cover;
    throw std::runtime_error("no");
}

static void destroy() {
    try {
        give_up();
    } catch (const std::exception &) {
    }
}

static void handle() {
    try {
        throw 1;
    } catch (int) {
        fail_to_open();
    }
}

} // namespace album

int main(int count, char **arguments) {
    if (count != 3)
        return 2;
    path = arguments[2];
    if (strcmp(arguments[1], "coroutine") == 0)
        album::run();
    else if (strcmp(arguments[1], "destructor") == 0)
        album::destroy();
    else if (strcmp(arguments[1], "handler") == 0)
        album::handle();
    else
        return 2;
}
