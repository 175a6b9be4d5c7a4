package main

import (
	"fmt"
	"os"
	"strconv"
)

type message struct{ get chan int }

func main() {
	left, _ := strconv.Atoi(os.Args[1])
	in, me := make(chan message, 64), make(chan int)
	go func() {
		n := 0
		for m := range in {
			if m.get != nil {
				m.get <- n
			} else {
				n++
			}
		}
	}()
	for ; left > 0; left-- {
		in <- message{}
	}
	in <- message{me}
	fmt.Println(<-me)
}
