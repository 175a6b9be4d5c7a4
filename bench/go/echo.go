package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
)

func echo(c net.Conn) {
	defer c.Close()
	buffer := make([]byte, 64)
	for {
		n, err := c.Read(buffer)
		if err != nil {
			return
		}
		c.Write(buffer[:n])
	}
}

func main() {
	rounds, _ := strconv.Atoi(os.Args[1])
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go echo(c)
		}
	}()
	me := make(chan int, 64)
	for i := 0; i < 1000; i++ {
		go func() {
			c, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				panic(err)
			}
			bytes, buffer := 0, make([]byte, 16)
			for left := rounds; left > 0; left-- {
				c.Write([]byte("sixteen letters!"))
				n, _ := io.ReadFull(c, buffer)
				bytes += n
			}
			c.Close()
			me <- bytes
		}()
	}
	sum := 0
	for i := 0; i < 1000; i++ {
		sum += <-me
	}
	fmt.Println(sum)
}
