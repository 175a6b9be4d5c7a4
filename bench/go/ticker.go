package main

import (
	"fmt"
	"os"
	"sort"
	"strconv"
	"time"
)

type tree struct{ left, right *tree }

func grow(depth int) *tree {
	if depth == 0 {
		return nil
	}
	return &tree{grow(depth - 1), grow(depth - 1)}
}

func (t *tree) count() int {
	if t == nil {
		return 1
	}
	return t.left.count() + t.right.count()
}

func main() {
	count, _ := strconv.Atoi(os.Args[1])
	for i := 0; i < 4; i++ {
		go func() {
			for grow(12).count() > 0 {
			}
		}()
	}
	late := make([]int, count)
	due := time.Now().Add(time.Millisecond)
	for i := range late {
		time.Sleep(time.Millisecond)
		now := time.Now()
		late[i] = int(now.Sub(due)) / 1000
		due = now.Add(time.Millisecond)
	}
	sort.Ints(late)
	at := func(share int) int { return late[count*share/1000] }
	fmt.Fprintf(os.Stderr, "figure p50_us %d\nfigure p99_us %d\nfigure p999_us %d\n", at(500), at(990), at(999))
	fmt.Println(count)
}
