package main

import (
	"fmt"
	"os"
	"strconv"
)

type request struct {
	from chan int
	n    int
}

func main() {
	left, _ := strconv.Atoi(os.Args[1])
	pong, me := make(chan request, 1), make(chan int, 1)
	go func() {
		for r := range pong {
			r.from <- r.n + 1
		}
	}()
	n := 0
	for ; left > 0; left-- {
		pong <- request{me, n}
		n = <-me
	}
	fmt.Println(n)
}
