package main

import (
	"fmt"
	"os"
	"strconv"
)

type word struct{ from chan word }

func main() {
	size, _ := strconv.Atoi(os.Args[1])
	boss := make(chan int, size)
	all := make([]chan word, size)
	for i := range all {
		// Room for everything that may come: else everyone waits for everyone.
		all[i] = make(chan word, 2*size)
	}
	for _, me := range all {
		me := me
		go func() {
			for _, p := range all {
				if p != me {
					p <- word{me}
				}
			}
			for left := 2 * (size - 1); left > 0; left-- {
				if w := <-me; w.from != nil {
					w.from <- word{}
				}
			}
			boss <- 1
		}()
	}
	sum := 0
	for range all {
		sum += <-boss
	}
	fmt.Println(sum)
}
