// SPDX-License-Identifier: MIT
#include <filesystem>
#include <iostream>

int main(int, char **arguments) {
    std::error_code error;
    int count = 0;
    for ([[maybe_unused]] const auto &entry : std::filesystem::directory_iterator(arguments[1], error))
        count++;
    std::cout << count << " images, " << error.message() << "\n";
}
