package main

import (
	"fmt"
	"os"
	"strconv"
)

func main() {
	each, _ := strconv.Atoi(os.Args[1])
	me := make(chan int, 64)
	for i := 0; i < 4; i++ {
		go func() {
			for n := each; n > 0; n-- {
				me <- n
			}
		}()
	}
	total := 0
	for left := 4 * each; left > 0; left-- {
		total += <-me
	}
	fmt.Println(total)
}
