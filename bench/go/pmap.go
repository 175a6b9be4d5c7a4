package main

import (
	"fmt"
	"os"
	"strconv"
)

func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

func main() {
	n, _ := strconv.Atoi(os.Args[1])
	out := make(chan int, 16)
	for i := 0; i < 16; i++ {
		go func() { out <- fib(n) }()
	}
	sum := 0
	for i := 0; i < 16; i++ {
		sum += <-out
	}
	fmt.Println(sum)
}
