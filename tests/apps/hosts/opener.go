// SPDX-License-Identifier: MIT
package main

import (
	"fmt"
	"os"
)

func main() {
	bytes, err := os.ReadFile(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(len(bytes))
}
