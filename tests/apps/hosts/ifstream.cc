// SPDX-License-Identifier: MIT
#include <fstream>
#include <iostream>

int main(int, char **arguments) {
    std::ifstream image(arguments[1], std::ios::binary);
    if (!image) {
        std::cerr << "cannot open " << arguments[1] << "\n";
        return 2;
    }
    char first = 0;
    image.get(first);
    std::cout << int(static_cast<unsigned char>(first)) << "\n";
}
