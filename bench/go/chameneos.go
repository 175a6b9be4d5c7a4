package main

import (
	"fmt"
	"os"
	"strconv"
)

const (
	blue = iota
	red
	yellow
	over
)

type request struct {
	from   chan int
	colour int
}

func complement(a, b int) int {
	if a == b {
		return a
	}
	return 3 - a - b
}

func main() {
	meetings, _ := strconv.Atoi(os.Args[1])
	place, boss := make(chan request, 10), make(chan int)
	go func() {
		for ; meetings > 0; meetings-- {
			a, b := <-place, <-place
			a.from <- b.colour
			b.from <- a.colour
		}
		for r := range place {
			r.from <- over
		}
	}()
	for _, c := range []int{blue, red, yellow, red, yellow, blue, red, yellow, red, blue} {
		go func(colour int) {
			me, met := make(chan int, 1), 0
			for {
				place <- request{me, colour}
				other := <-me
				if other == over {
					boss <- met
					return
				}
				colour = complement(colour, other)
				met++
			}
		}(c)
	}
	sum := 0
	for i := 0; i < 10; i++ {
		sum += <-boss
	}
	fmt.Println(sum)
}
