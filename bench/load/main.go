// The load generator of `npm run bench -- proxy`: a site with its name server, and clients of a proxy. The foundation's
// benchmark uses `steady`. It is written in Go because a client in Node.js is slower than the proxies.
//
//	load serve ADDRESS                    the site on ports 80, 443 (TLS) and 8080, and a name server on port 53
//	load requests|tunnels|stream [FLAGS]  a client for some seconds; prints a line of JSON
//	load hold [FLAGS]                     opens tunnels, prints their number, and holds them until its input ends
//	load wait [FLAGS]                     waits until the proxy answers
//	load steady [FLAGS]                   requests at a steady rate to any server; prints a line of JSON
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"sync"
	"time"
)

func main() {
	if len(os.Args) < 2 {
		log.Fatal("give a command: serve ADDRESS, requests, tunnels, stream, hold, wait or steady")
	}
	command, arguments := os.Args[1], os.Args[2:]
	if command == "serve" {
		serve(arguments[0])
		return
	}
	if command == "steady" {
		steady(arguments)
		return
	}
	client := client{}
	flags := flag.NewFlagSet(command, flag.ExitOnError)
	flags.StringVar(&client.proxy, "proxy", "", "address of the proxy; empty for none")
	flags.StringVar(&client.site, "site", "", "address of the site, for a client without a proxy")
	flags.StringVar(&client.credentials, "credentials", "", "USER:PASSWORD")
	flags.StringVar(&client.host, "host", "site.test", "name of the site")
	flags.BoolVar(&client.tls, "tls", false, "TLS inside tunnels, to port 443; otherwise to port 8080")
	workers := flags.Int("workers", 1, "number of connections in parallel")
	seconds := flags.Float64("seconds", 1.5, "duration")
	flags.Parse(arguments)

	switch command {
	case "requests":
		report(measure(*workers, *seconds, client.requests))
	case "tunnels":
		report(measure(*workers, *seconds, client.tunnels))
	case "stream":
		report(measure(*workers, *seconds, client.stream))
	case "hold":
		client.hold(*workers)
	case "wait":
		client.wait()
	default:
		log.Fatalf("unknown command %q", command)
	}
}

func report(result result) {
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		log.Fatal(err)
	}
}

// hold keeps tunnels open, each after one finished request. If the proxy accepts fewer, it holds those.
func (c client) hold(count int) {
	const atOnce = 50
	var group sync.WaitGroup
	var mutex sync.Mutex
	var failure error
	held := make([]net.Conn, 0, count)
	begun := 0
	for range make([]struct{}, atOnce) {
		group.Add(1)
		go func() {
			defer group.Done()
			for {
				mutex.Lock()
				begun++
				over := failure != nil || begun > count
				mutex.Unlock()
				if over {
					return
				}
				opened, err := c.open()
				if err == nil {
					err = opened.get("/", c.host)
				}
				mutex.Lock()
				if err != nil {
					failure = err
				} else {
					held = append(held, opened.connection)
				}
				mutex.Unlock()
			}
		}()
	}
	group.Wait()
	if failure != nil {
		log.Print(failure)
	}
	fmt.Printf("{\"held\":%d}\n", len(held))
	os.Stdin.Read(make([]byte, 1))
	for _, one := range held {
		one.Close()
	}
}

// wait sends requests until the proxy answers, and prints that time in milliseconds since 1970.
func (c client) wait() {
	const longest = 60 * time.Second
	for begun := time.Now(); time.Since(begun) < longest; time.Sleep(time.Millisecond) {
		way, err := dial(c.proxy)
		if err != nil {
			continue
		}
		_, err = way.head("CONNECT ready.invalid:1 HTTP/1.1\r\nHost: ready.invalid:1\r\n\r\n")
		way.connection.Close()
		if _, answered := err.(refusal); answered {
			fmt.Println(time.Now().UnixMilli())
			return
		}
	}
	log.Fatalf("the proxy at %s does not answer", c.proxy)
}
