package main

import (
	"fmt"
	"net"
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
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	for {
		c, err := listener.Accept()
		if err != nil {
			return
		}
		go echo(c)
	}
}
