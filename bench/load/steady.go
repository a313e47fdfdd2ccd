package main

import (
	"encoding/json"
	"flag"
	"log"
	"os"
	"sort"
	"sync"
	"sync/atomic"
	"time"
)

// quantiles of latencies are in milliseconds.
type quantiles struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
}

// schedule determines when each request is due, regardless of earlier ones.
type schedule struct {
	begin    time.Time
	interval time.Duration
	requests int64
	taken    atomic.Int64
}

// next assigns each request to exactly one connection.
func (s *schedule) next() (due time.Time, more bool) {
	index := s.taken.Add(1) - 1
	return s.begin.Add(time.Duration(index) * s.interval), index < s.requests
}

// steady sends requests at a steady rate over persistent connections, and ends at the first failure. A latency is measured
// from when the request was due, so it includes the wait for a free connection.
func steady(arguments []string) {
	flags := flag.NewFlagSet("steady", flag.ExitOnError)
	address := flags.String("address", "", "HOST:PORT of the server")
	host := flags.String("host", "site.test", "name of the site")
	connections := flags.Int("connections", 1, "number of connections")
	rate := flags.Float64("rate", 100, "requests per second")
	warmUp := flags.Float64("warm-up", 1, "seconds that are not counted")
	seconds := flags.Float64("seconds", 5, "duration after the warm-up")
	flags.Parse(arguments)

	ways := make([]stream, *connections)
	for index := range ways {
		way, err := dial(*address)
		if err != nil {
			log.Fatal(err)
		}
		ways[index] = way
	}
	plan := &schedule{
		begin:    time.Now(),
		interval: time.Duration(float64(time.Second) / *rate),
		requests: int64((*warmUp + *seconds) * *rate),
	}
	counted := plan.begin.Add(time.Duration(*warmUp * float64(time.Second)))
	request := "GET / HTTP/1.1\r\nHost: " + *host + "\r\n\r\n"
	var group sync.WaitGroup
	var done meter
	for _, way := range ways {
		group.Add(1)
		go func() {
			defer group.Done()
			var times []time.Duration
			for due, more := plan.next(); more; due, more = plan.next() {
				time.Sleep(time.Until(due))
				if err := way.fetch(request); err != nil {
					log.Fatal(err)
				}
				if due.After(counted) {
					times = append(times, time.Since(due))
				}
			}
			done.keep(times)
		}()
	}
	group.Wait()
	sort.Slice(done.times, func(a, b int) bool { return done.times[a] < done.times[b] })
	if err := json.NewEncoder(os.Stdout).Encode(quantiles{done.quantile(0.5), done.quantile(0.99)}); err != nil {
		log.Fatal(err)
	}
}
