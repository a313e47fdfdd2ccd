package main

import (
	"encoding/json"
	"flag"
	"log"
	"net"
	"os"
	"sort"
	"sync"
	"sync/atomic"
	"time"
)

// warm is the warm-up, which isn't counted.
const warm = 300 * time.Millisecond

// result counts the work in an interval; latencies are in milliseconds. Done and DoneBytes include the warm-up, as does the
// processor time that they are compared with.
type result struct {
	PerSecond      float64 `json:"perSecond"`
	BytesPerSecond float64 `json:"bytesPerSecond"`
	P50            float64 `json:"p50"`
	P99            float64 `json:"p99"`
	Errors         int     `json:"errors"`
	Done           int     `json:"done"`
	DoneBytes      int64   `json:"doneBytes"`
}

// meter counts the work between two points in time.
type meter struct {
	begin, end time.Time
	bytes      atomic.Int64
	doneBytes  atomic.Int64
	done       atomic.Int64
	mutex      sync.Mutex
	times      []time.Duration
	errors     int
	last       error
}

func (m *meter) over() bool { return time.Now().After(m.end) }

// work repeats a task until the time is over.
func (m *meter) work(once func() error) {
	var times []time.Duration
	for !m.over() {
		started := time.Now()
		err := once()
		ended := time.Now()
		if err != nil {
			m.fail(err)
			// Don't send a million requests to something that refuses at once.
			time.Sleep(10 * time.Millisecond)
			continue
		}
		m.done.Add(1)
		if started.After(m.begin) && ended.Before(m.end) {
			times = append(times, ended.Sub(started))
		}
	}
	m.keep(times)
}

func (m *meter) keep(times []time.Duration) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.times = append(m.times, times...)
}

func (m *meter) fail(err error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.errors++
	m.last = err
}

func measure(workers int, seconds float64, work func(*meter)) result {
	begin := time.Now().Add(warm)
	m := &meter{begin: begin, end: begin.Add(time.Duration(seconds * float64(time.Second)))}
	var group sync.WaitGroup
	for range make([]struct{}, workers) {
		group.Add(1)
		go func() {
			defer group.Done()
			work(m)
		}()
	}
	group.Wait()
	if m.last != nil {
		log.Print(m.last)
	}
	sort.Slice(m.times, func(a, b int) bool { return m.times[a] < m.times[b] })
	return result{
		PerSecond:      float64(len(m.times)) / seconds,
		BytesPerSecond: float64(m.bytes.Load()) / seconds,
		P50:            m.quantile(0.5),
		P99:            m.quantile(0.99),
		Errors:         m.errors,
		Done:           int(m.done.Load()),
		DoneBytes:      m.doneBytes.Load(),
	}
}

func (m *meter) quantile(share float64) float64 {
	if len(m.times) == 0 {
		return 0
	}
	return float64(m.times[int(float64(len(m.times)-1)*share)].Microseconds()) / 1000
}

// requests repeats a request for a plain URL on one connection.
func (c client) requests(m *meter) {
	address, url := c.proxy, "http://"+c.host+"/"
	if address == "" {
		address, url = net.JoinHostPort(c.site, "80"), "/"
	}
	request := "GET " + url + " HTTP/1.1\r\nHost: " + c.host + "\r\n" + c.authorization() + "\r\n"
	var way stream
	m.work(func() error {
		// A server may close a connection after any response; a client then opens another.
		if way.connection != nil && way.fetch(request) == nil {
			return nil
		}
		if way.connection != nil {
			way.connection.Close()
		}
		var err error
		if way, err = dial(address); err != nil {
			return err
		}
		return way.fetch(request)
	})
}

// tunnels opens a tunnel for each request.
func (c client) tunnels(m *meter) {
	m.work(func() error {
		way, err := c.open()
		if err != nil {
			return err
		}
		defer way.connection.Close()
		return way.get("/", c.host)
	})
}

// stream reads from one tunnel until the time is over.
func (c client) stream(m *meter) {
	way, err := c.open()
	if err == nil {
		defer way.connection.Close()
		err = way.ask("GET /stream HTTP/1.1\r\nHost: " + c.host + "\r\n\r\n")
	}
	buffer := make([]byte, chunkBytes)
	for err == nil && !m.over() {
		var count int
		count, err = way.connection.Read(buffer)
		m.doneBytes.Add(int64(count))
		if time.Now().After(m.begin) {
			m.bytes.Add(int64(count))
		}
	}
	if err != nil {
		m.fail(err)
	}
}

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
