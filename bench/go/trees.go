package main

import (
	"fmt"
	"os"
	"strconv"
)

type Node struct{ left, right *Node }

func grow(depth int) *Node {
	if depth == 0 {
		return &Node{}
	}
	return &Node{grow(depth - 1), grow(depth - 1)}
}

func (n *Node) count() int {
	if n == nil {
		return 0
	}
	return 1 + n.left.count() + n.right.count()
}

func main() {
	depth, _ := strconv.Atoi(os.Args[1])
	if depth < 6 {
		depth = 6
	}
	fmt.Printf("stretch tree of depth %d, %d nodes\n", depth+1, grow(depth+1).count())
	longLived := grow(depth)
	for d := 4; d <= depth; d += 4 {
		trees, nodes := 1<<(depth-d+4), 0
		for i := 0; i < trees; i++ {
			nodes += grow(d).count()
		}
		fmt.Printf("%d trees of depth %d, %d nodes\n", trees, d, nodes)
	}
	fmt.Printf("long-lived tree of depth %d, %d nodes\n", depth, longLived.count())
}
