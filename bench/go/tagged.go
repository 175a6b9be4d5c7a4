package main

import (
	"fmt"
	"os"
	"strconv"
)

// A channel of its own takes the reference's place, as one would do it here; what waits elsewhere costs nothing.
type request struct {
	answer chan int
	n      int
}

func main() {
	left, _ := strconv.Atoi(os.Args[1])
	noise, other := make(chan int, 100000), make(chan request, 1)
	go func() {
		for r := range other {
			r.answer <- r.n
		}
	}()
	for i := 0; i < 100000; i++ {
		noise <- i
	}
	sum := 0
	for ; left > 0; left-- {
		answer := make(chan int, 1)
		other <- request{answer, left}
		sum += <-answer
	}
	fmt.Println(sum)
}
