package main

import (
	"fmt"
	"os"
	"strconv"
)

// What waits, in order; an answer is looked for from the front, as `receive` does.
type message struct {
	noise bool
	n     int
}

type request struct {
	from chan message
	n    int
}

func main() {
	left, _ := strconv.Atoi(os.Args[1])
	me, other := make(chan message, 1), make(chan request, 1)
	go func() {
		for r := range other {
			r.from <- message{false, r.n}
		}
	}()
	var kept []message
	for i := 0; i < 5000; i++ {
		kept = append(kept, message{true, i})
	}
	sum := 0
	for ; left > 0; left-- {
		other <- request{me, left}
		found := false
		for _, m := range kept {
			if !m.noise {
				found = true
			}
		}
		for !found {
			m := <-me
			if m.noise {
				kept = append(kept, m)
				continue
			}
			sum += m.n
			found = true
		}
	}
	fmt.Println(sum)
}
