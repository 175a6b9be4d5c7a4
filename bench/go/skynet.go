package main

import (
	"fmt"
	"os"
	"strconv"
)

func skynet(parent chan<- int, number, leaves int) {
	if leaves == 1 {
		parent <- number
		return
	}
	me, share := make(chan int), leaves/10
	for i := 0; i < 10; i++ {
		go skynet(me, number+i*share, share)
	}
	sum := 0
	for i := 0; i < 10; i++ {
		sum += <-me
	}
	parent <- sum
}

func main() {
	leaves, _ := strconv.Atoi(os.Args[1])
	me := make(chan int)
	go skynet(me, 0, leaves)
	fmt.Println(<-me)
}
