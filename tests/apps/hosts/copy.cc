// SPDX-License-Identifier: MIT
#include <filesystem>
#include <iostream>

int main(int, char **arguments) {
    std::error_code error;
    std::filesystem::copy_file(arguments[1], "picture", std::filesystem::copy_options::overwrite_existing, error);
    std::cout << error.message() << "\n";
    return error ? 1 : 0;
}
