package main

import (
	"fmt"
	"os"
	"strconv"
)

func main() {
	left, _ := strconv.Atoi(os.Args[1])
	me, sum := make(chan int, 1), 0
	for ; left > 0; left-- {
		go func() { me <- 1 }()
		sum += <-me
	}
	fmt.Println(sum)
}
