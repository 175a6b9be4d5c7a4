package main

import (
	"fmt"
	"os"
	"strconv"
)

// There are no supervisors in Go: a loop that begins the child again takes the place of one.
func main() {
	left, _ := strconv.Atoi(os.Args[1])
	up := make(chan chan bool)
	go func() {
		for {
			down := make(chan any)
			go func() {
				defer func() { down <- recover() }()
				me := make(chan bool)
				up <- me
				<-me
				panic("crash")
			}()
			<-down
		}
	}()
	ends := 0
	for ; left > 0; left-- {
		child := <-up
		child <- true
		ends++
	}
	<-up
	fmt.Println(ends)
}
