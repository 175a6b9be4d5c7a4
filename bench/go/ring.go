package main

import (
	"fmt"
	"os"
	"strconv"
)

func node(number int, in, next chan int, boss chan int) {
	for hops := range in {
		if hops == 0 {
			boss <- number
			return
		}
		next <- hops - 1
	}
}

func main() {
	const size = 503
	hops, _ := strconv.Atoi(os.Args[1])
	boss := make(chan int)
	ring := make([]chan int, size)
	for i := range ring {
		ring[i] = make(chan int, 1)
	}
	for i := range ring {
		go node(i+1, ring[i], ring[(i+1)%size], boss)
	}
	ring[0] <- hops
	fmt.Printf("process %d has the token after %d hops\n", <-boss, hops)
}
