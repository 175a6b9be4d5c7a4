package main

import (
	"fmt"
	"os"
	"strconv"
)

const size = 503

func node(number int, in <-chan int, out chan<- int, boss chan<- int) {
	for hops := range in {
		if hops == 0 {
			boss <- number
			return
		}
		out <- hops - 1
	}
}

func main() {
	hops, _ := strconv.Atoi(os.Args[1])
	boss := make(chan int, 1)
	var links [size]chan int
	for i := range links {
		links[i] = make(chan int, 1)
	}
	for i := range links {
		go node(i+1, links[i], links[(i+1)%size], boss)
	}
	links[0] <- hops
	fmt.Printf("process %d has the token after %d hops\n", <-boss, hops)
}
