package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

type word struct {
	from chan int
	n    int
}

func resident() int {
	text, _ := os.ReadFile("/proc/self/statm")
	pages, _ := strconv.Atoi(strings.Fields(string(text))[1])
	return 4096 * pages
}

func main() {
	count, _ := strconv.Atoi(os.Args[1])
	me := make(chan int, 64)
	all := make([]chan word, count)
	before, begun := resident(), time.Now()
	for i := range all {
		in := make(chan word, 1)
		all[i] = in
		go func(sum int) {
			for w := range in {
				if w.from != nil {
					w.from <- sum
					return
				}
				sum += w.n
			}
		}(i + 1)
	}
	made := time.Since(begun)
	time.Sleep(300 * time.Millisecond)
	fmt.Fprintf(os.Stderr, "figure bytes %d\nfigure made_ns %d\n", (resident()-before)/count, int(made)/count)
	go func() {
		for _, p := range all {
			p <- word{me, 0}
		}
	}()
	sum := 0
	for range all {
		sum += <-me
	}
	fmt.Println(sum)
}
