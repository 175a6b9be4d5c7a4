package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

type request struct {
	from chan string
	text string
}

func main() {
	left, _ := strconv.Atoi(os.Args[1])
	echo, me := make(chan request, 1), make(chan string, 1)
	go func() {
		for r := range echo {
			r.from <- r.text
		}
	}()
	text, sum := strings.Repeat("0123456789", 100000), 0
	for ; left > 0; left-- {
		echo <- request{me, text}
		text = <-me
		sum = (sum + len(text) + left) % 1000003
	}
	fmt.Println(sum)
}
