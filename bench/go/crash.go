package main

import (
	"fmt"
	"os"
	"strconv"
)

func main() {
	left, _ := strconv.Atoi(os.Args[1])
	ends := 0
	down := make(chan any)
	for ; left > 0; left-- {
		go func() {
			defer func() { down <- recover() }()
			panic("boom")
		}()
		<-down
		ends++
	}
	fmt.Println(ends)
}
